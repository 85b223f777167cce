"""A session of PynamoDB, which nobody here wrote. It prints a line for each step that it did; see ../../../mappers_test.go."""
import os
import sys

sys.path.insert(0, sys.argv[1])

from botocore.exceptions import ClientError  # noqa: E402
from pynamodb.attributes import ListAttribute, MapAttribute, NumberAttribute, UnicodeAttribute, UnicodeSetAttribute, VersionAttribute  # noqa: E402
from pynamodb.connection import Connection  # noqa: E402
from pynamodb.exceptions import DeleteError, DoesNotExist, PutError, PynamoDBException, TableDoesNotExist, TransactWriteError  # noqa: E402
from pynamodb.indexes import AllProjection, GlobalSecondaryIndex  # noqa: E402
from pynamodb.models import Model  # noqa: E402
from pynamodb.transactions import TransactGet, TransactWrite  # noqa: E402


class Settings:
    host = os.environ["AWS_ENDPOINT_URL"]
    region = os.environ["AWS_REGION"]
    max_retry_attempts = 0


class PlaceIndex(GlobalSecondaryIndex):
    class Meta:
        index_name = "Place-index"
        projection = AllProjection()

    place = UnicodeAttribute(hash_key=True)


class Address(MapAttribute):
    street = UnicodeAttribute()
    number = NumberAttribute(null=True)


class Parcel(Model):
    class Meta(Settings):
        table_name = "PynamoParcels"
        billing_mode = "PAY_PER_REQUEST"
        aws_access_key_id = os.environ["AWS_ACCESS_KEY_ID"]
        aws_secret_access_key = os.environ["AWS_SECRET_ACCESS_KEY"]

    customer = UnicodeAttribute(hash_key=True)
    number = NumberAttribute(range_key=True)
    place = UnicodeAttribute()
    weight = NumberAttribute(default=0)
    labels = UnicodeSetAttribute(null=True)
    stops = ListAttribute(null=True)
    address = Address(null=True)
    version = VersionAttribute()
    places = PlaceIndex()


class Shipment(Model):
    class Meta(Settings):
        table_name = "TrackingData"
        aws_access_key_id = os.environ["TENANT_ACCESS_KEY_ID"]
        aws_secret_access_key = os.environ["TENANT_SECRET_ACCESS_KEY"]
        aws_session_token = os.environ["TENANT_SESSION_TOKEN"]

    tenant = UnicodeAttribute(hash_key=True, attr_name="TenantID")
    number = UnicodeAttribute(range_key=True, attr_name="ShipmentID")
    place = UnicodeAttribute(attr_name="Place")


def want(step, got, wanted):
    if got != wanted:
        sys.exit(f"{step}: got {got!r}, want {wanted!r}")
    print(step, flush=True)


def code(call):
    """The code of AWS's error, where call has one."""
    try:
        call()
    except PynamoDBException as e:
        return e.cause_response_code
    except ClientError as e:
        return e.response["Error"]["Code"]
    return None


def write():
    Parcel.create_table(wait=True)
    want("create", Parcel.exists(), True)
    first = Parcel("ana", 1, place="Hamburg", weight=7, labels={"fragile"}, stops=["Kiel", 2], address=Address(street="Hafen", number=3))
    first.save()
    want("put", first.version, 1)
    got = Parcel.get("ana", 1, consistent_read=True)
    want("get", (got.place, got.weight, got.labels, got.stops, got.address.street), ("Hamburg", 7, {"fragile"}, ["Kiel", 2], "Hafen"))
    for number, place in enumerate(["Bremen", "Hamburg", "Bremen", "Kiel"], 2):
        Parcel("ana", number, place=place).save()


def read():
    filtered = Parcel.query("ana", Parcel.number >= 2, filter_condition=(Parcel.place == "Bremen") & Parcel.labels.does_not_exist())
    want("query with filter", [p.number for p in filtered], [2, 4])
    want("query of an index", sorted(p.number for p in Parcel.places.query("Hamburg")), [1, 3])
    want("count", Parcel.count("ana", filter_condition=Parcel.place.startswith("B")), 2)
    scanned = Parcel.scan(Parcel.address.street == "Hafen", attributes_to_get=["customer", "number", "place"])
    want("scan with filter", [p.number for p in scanned], [1])


def change():
    parcel = Parcel.get("ana", 1)
    parcel.update(actions=[Parcel.place.set("Lübeck"), Parcel.weight.add(3), Parcel.labels.add({"late"}), Parcel.stops[0].set("Sylt"), Parcel.address.number.remove()],
                  condition=Parcel.weight < 10)
    want("update", (parcel.place, parcel.weight, parcel.labels, parcel.stops, parcel.version), ("Lübeck", 10, {"fragile", "late"}, ["Sylt", 2], 2))
    stale = Parcel.get("ana", 2)
    Parcel.get("ana", 2).update(actions=[Parcel.weight.set(1)])
    stale.weight = 9
    want("version that is old", code(stale.save), "ConditionalCheckFailedException")
    try:
        Parcel("ana", 1, place="Kiel").save(Parcel.customer.does_not_exist())
        sys.exit("a condition that fails is no error")
    except PutError as e:
        want("condition that fails", e.cause_response_code, "ConditionalCheckFailedException")


def transact():
    connection = Connection(host=Settings.host, region=Settings.region)
    with TransactWrite(connection=connection, client_request_token="once") as all_or_nothing:
        all_or_nothing.save(Parcel("bo", 1, place="Kiel"))
        all_or_nothing.update(Parcel.get("ana", 1), actions=[Parcel.place.set("Hamburg")])
        all_or_nothing.condition_check(Parcel, "ana", 2, condition=Parcel.customer.exists())
    want("transaction", None, None)
    with TransactGet(connection=connection) as together:
        ana, bo = together.get(Parcel, "ana", 1), together.get(Parcel, "bo", 1)
    want("transaction that reads", (ana.get().place, bo.get().place), ("Hamburg", "Kiel"))
    try:
        with TransactWrite(connection=connection) as all_or_nothing:
            all_or_nothing.delete(Parcel.get("bo", 1))
            all_or_nothing.condition_check(Parcel, "nobody", 1, condition=Parcel.customer.exists())
        sys.exit("a transaction that fails is no error")
    except TransactWriteError as e:
        reasons = [r.code if r else None for r in e.cancellation_reasons]
        want("transaction that fails", reasons, ["ConditionalCheckFailed", None])  # PynamoDB sends checks first


def many():
    with Parcel.batch_write() as batch:  # more than a request takes: the client splits it
        for number in range(30):
            batch.save(Parcel("cy", number, place="Kiel", weight=number))
    want("batch that writes", Parcel.count("cy"), 30)
    want("batch that reads", len(list(Parcel.batch_get([("cy", number) for number in range(30)]))), 30)
    pages, last = [], None
    while True:
        page = Parcel.query("cy", filter_condition=Parcel.weight != 5, limit=10, page_size=10, last_evaluated_key=last)
        pages.append(len(list(page)))
        last = page.last_evaluated_key
        if last is None:
            break
    want("pages", (sum(pages), len(pages) > 2), (29, True))


def delete():
    gone = Parcel.get("bo", 1)
    try:
        gone.delete(Parcel.place == "Sylt")
        sys.exit("a condition that fails is no error")
    except DeleteError as e:
        want("delete under a condition", e.cause_response_code, "ConditionalCheckFailedException")
    gone.delete()
    want("delete", Parcel.count("bo"), 0)
    try:
        Parcel.get("bo", 1)
        sys.exit("what was deleted is there")
    except DoesNotExist:
        want("nothing is left", None, None)
    Parcel.delete_table()
    try:
        Parcel.describe_table()
        sys.exit("the table is there")
    except TableDoesNotExist:
        want("delete the table", None, None)


def tenant():
    """yellow, whose session Shipment has."""
    own = Shipment.query("yellow", filter_condition=Shipment.place.startswith("Ham"))
    want("own rows", [(s.tenant, s.number, s.place) for s in own], [("yellow", "1001", "Hamburg")])
    want("another tenant's rows", code(lambda: list(Shipment.query("blue"))), "AccessDeniedException")
    want("batch of both tenants", code(lambda: list(Shipment.batch_get([("yellow", "1001"), ("blue", "1001")]))), "AccessDeniedException")
    want("write", code(Shipment("yellow", "1002", place="Kiel").save), "AccessDeniedException")


for step in (write, read, change, transact, many, delete, tenant):
    step()
