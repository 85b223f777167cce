package search

// places are the names of ports by UN/LOCODE: those of the demonstration. A place that is not here is found by its code alone.
var places = map[string]string{
	"AEJEA": "Jebel Ali", "AUMEL": "Melbourne", "AUSYD": "Sydney", "BEANR": "Antwerp", "BRSSZ": "Santos", "CLSAI": "San Antonio",
	"CNNGB": "Ningbo", "CNSHA": "Shanghai", "CNTAO": "Qingdao", "CNYTN": "Yantian", "COCTG": "Cartagena", "DEHAM": "Hamburg",
	"DKAAR": "Aarhus", "EGPSD": "Port Said", "ESALG": "Algeciras", "ESVLC": "Valencia", "FRLEH": "Le Havre", "GBFXT": "Felixstowe",
	"GBSOU": "Southampton", "GRPIR": "Piraeus", "HKHKG": "Hong Kong", "IDJKT": "Jakarta", "ILHFA": "Haifa", "INNSA": "Nhava Sheva",
	"ITGOA": "Genoa", "JPTYO": "Tokyo", "JPYOK": "Yokohama", "KRPUS": "Busan", "LKCMB": "Colombo", "MACAS": "Casablanca",
	"MAPTM": "Tanger Med", "MXZLO": "Manzanillo", "MYPKG": "Port Klang", "NLRTM": "Rotterdam", "NZAKL": "Auckland", "PABLB": "Balboa",
	"PAMIT": "Manzanillo", "PKKHI": "Karachi", "PLGDN": "Gdansk", "SEGOT": "Gothenburg", "SGSIN": "Singapore", "THLCH": "Laem Chabang",
	"TRIST": "Istanbul", "TWKHH": "Kaohsiung", "USLAX": "Los Angeles", "USNYC": "New York", "USSAV": "Savannah", "VNHPH": "Haiphong",
	"VNSGN": "Ho Chi Minh City", "ZADUR": "Durban",
}

// carriers are the names of carriers by SCAC. One that is not here is found by its code alone.
var carriers = map[string]string{
	"CMDU": "CMA CGM", "COSU": "COSCO Shipping", "EGLV": "Evergreen", "HDMU": "HMM", "HLCU": "Hapag-Lloyd", "MAEU": "Maersk",
	"MSCU": "MSC", "ONEY": "Ocean Network Express", "YMLU": "Yang Ming", "ZIMU": "ZIM",
}
