package documents

import (
	"mime"
	"path"
	"strings"

	"example.com/shiptrack/pkg/problem"
)

// MaxNameLength bounds a Name, in bytes (all of its characters are ASCII).
const MaxNameLength = 128

// Name names a document within its shipment, ^[A-Za-z0-9._-]{1,128}$ but neither "." nor "..". The zero Name is none.
type Name struct{ value string }

// ParseName returns the name that s spells, or a problem of kind Invalid that names the field name. The error does not repeat
// s, which may come from an attacker and end in a log.
func ParseName(s string) (Name, error) {
	isForeign := func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
	}
	if s == "" || len(s) > MaxNameLength || s == "." || s == ".." || strings.ContainsFunc(s, isForeign) {
		return Name{}, problem.InvalidField("name", "must match ^[A-Za-z0-9._-]{1,128}$, and must not be . or ..")
	}
	return Name{value: s}, nil
}

// String returns the name's text; it is empty for the zero name only.
func (n Name) String() string { return n.value }

// Type is a media type that a document may have: a closed set. The zero Type is not known.
type Type string

// The types.
const (
	PDF  Type = "application/pdf"
	PNG  Type = "image/png"
	JPEG Type = "image/jpeg"
)

// extensions are those of the types, in lower case.
var extensions = map[string]Type{".pdf": PDF, ".png": PNG, ".jpg": JPEG, ".jpeg": JPEG}

// ParseType returns the type that a Content-Type names, or a problem of kind UnsupportedMedia.
func ParseType(contentType string) (Type, error) {
	media, _, err := mime.ParseMediaType(contentType)
	if t := Type(media); err == nil && (t == PDF || t == PNG || t == JPEG) {
		return t, nil
	}
	return "", problem.New(problem.UnsupportedMedia, "a document is application/pdf, image/png or image/jpeg")
}

// Type returns the type that the name's extension says, zero where it says none.
func (n Name) Type() Type { return extensions[strings.ToLower(path.Ext(n.value))] }
