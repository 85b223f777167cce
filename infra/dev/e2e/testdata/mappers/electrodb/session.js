// A session of ElectroDB, which nobody here wrote. It prints a line for each step that it did; see ../../../mappers_test.go.
import assert from "node:assert/strict";
import { CreateTableCommand, DeleteTableCommand, DynamoDBClient, waitUntilTableExists, waitUntilTableNotExists } from "@aws-sdk/client-dynamodb";
import { DynamoDBDocumentClient } from "@aws-sdk/lib-dynamodb";
import { Entity, Service } from "electrodb";

const table = "ElectroParcels";

// connect takes the credentials of variables with this prefix.
function connect(prefix) {
  const variable = (name) => process.env[prefix + name];
  return new DynamoDBClient({
    endpoint: process.env.AWS_ENDPOINT_URL, region: process.env.AWS_REGION, maxAttempts: 1,
    credentials: { accessKeyId: variable("ACCESS_KEY_ID"), secretAccessKey: variable("SECRET_ACCESS_KEY"), sessionToken: variable("SESSION_TOKEN") },
  });
}

function want(step, got, wanted) {
  assert.deepEqual(got, wanted, step);
  console.log(step);
}

// code is that of AWS's error, where call has one.
async function code(call) {
  try {
    await call();
    return undefined;
  } catch (e) {
    return e.cause?.name ?? e.name;
  }
}

const client = connect("AWS_");
const patience = { client, minDelay: 1, maxDelay: 2, maxWaitTime: 60 }; // in seconds
const parcels = new Entity({
  model: { entity: "parcel", version: "1", service: "post" },
  attributes: {
    customer: { type: "string", required: true },
    number: { type: "number", required: true },
    place: { type: "string", required: true },
    weight: { type: "number", default: 0 },
    labels: { type: "set", items: "string" },
    stops: { type: "list", items: { type: "string" } },
    address: { type: "map", properties: { street: { type: "string" } } },
  },
  indexes: {
    primary: { pk: { field: "pk", composite: ["customer"] }, sk: { field: "sk", composite: ["number"] } },
    places: { index: "gsi1", pk: { field: "gsi1pk", composite: ["place"] }, sk: { field: "gsi1sk", composite: ["number"] } },
  },
}, { client, table });
const post = new Service({ parcels });

async function create() {
  const key = (hash, range) => [{ AttributeName: hash, KeyType: "HASH" }, { AttributeName: range, KeyType: "RANGE" }];
  await client.send(new CreateTableCommand({
    TableName: table, BillingMode: "PAY_PER_REQUEST", KeySchema: key("pk", "sk"),
    AttributeDefinitions: ["pk", "sk", "gsi1pk", "gsi1sk"].map((name) => ({ AttributeName: name, AttributeType: "S" })),
    GlobalSecondaryIndexes: [{ IndexName: "gsi1", KeySchema: key("gsi1pk", "gsi1sk"), Projection: { ProjectionType: "ALL" } }],
  }));
  want("create", (await waitUntilTableExists(patience, { TableName: table })).state, "SUCCESS");
}

async function write() {
  const first = { customer: "ana", number: 1, place: "Hamburg", weight: 7, labels: ["fragile"], stops: ["Kiel"], address: { street: "Hafen" } };
  await parcels.put(first).go();
  want("put", true, true);
  want("get", (await parcels.get({ customer: "ana", number: 1 }).go({ consistent: true })).data, first);
  for (const [i, place] of ["Bremen", "Hamburg", "Bremen", "Kiel"].entries()) {
    await parcels.create({ customer: "ana", number: i + 2, place }).go();
  }
}

async function read() {
  const filtered = await parcels.query.primary({ customer: "ana" }).gte({ number: 2 })
    .where(({ place, labels }, { eq, notExists }) => `${eq(place, "Bremen")} AND ${notExists(labels)}`).go();
  want("query with filter", filtered.data.map((p) => p.number), [2, 4]);
  want("query of an index", (await parcels.query.places({ place: "Hamburg" }).go()).data.map((p) => p.number), [1, 3]);
  const projected = await parcels.query.primary({ customer: "ana" }).go({ attributes: ["place"], order: "desc", limit: 2 });
  want("query with projection", projected.data, [{ place: "Kiel" }, { place: "Bremen" }]);
  want("scan with filter", (await parcels.scan.where(({ address }, { eq }) => eq(address.street, "Hafen")).go()).data.map((p) => p.number), [1]);
}

async function change() {
  const changed = await parcels.patch({ customer: "ana", number: 1 }).set({ weight: 9 }).add({ labels: ["late"] }).append({ stops: ["Sylt"] })
    .remove(["address"]).where(({ weight }, { lt }) => lt(weight, 10)).go({ response: "all_new" });
  want("update", { ...changed.data, labels: changed.data.labels.toSorted() },
    { customer: "ana", number: 1, place: "Hamburg", weight: 9, labels: ["fragile", "late"], stops: ["Kiel", "Sylt"] });
  want("upsert", (await parcels.upsert({ customer: "dan", number: 1, place: "Kiel" }).add({ weight: 2 }).go({ response: "all_new" })).data.weight, 2);
  want("condition that fails", await code(() => parcels.create({ customer: "ana", number: 1, place: "Kiel" }).go()), "ConditionalCheckFailedException");
}

async function transact() {
  const done = await post.transaction.write(({ parcels: p }) => [
    p.create({ customer: "bo", number: 1, place: "Kiel" }).commit(),
    p.patch({ customer: "ana", number: 1 }).set({ weight: 3 }).commit(),
    p.check({ customer: "ana", number: 2 }).where(({ place }, { eq }) => eq(place, "Bremen")).commit(),
  ]).go();
  want("transaction", done.canceled, false);
  const both = await post.transaction.get(({ parcels: p }) => [p.get({ customer: "ana", number: 1 }).commit(), p.get({ customer: "bo", number: 1 }).commit()]).go();
  want("transaction that reads", both.data.map(({ item }) => item.weight), [3, 0]);
  const failed = await post.transaction.write(({ parcels: p }) => [
    p.delete({ customer: "bo", number: 1 }).commit(),
    p.check({ customer: "nobody", number: 1 }).where(({ place }, { exists }) => exists(place)).commit({ response: "all_old" }),
  ]).go();
  want("transaction that fails", [failed.canceled, failed.data.map((d) => d.code)], [true, ["None", "ConditionalCheckFailed"]]);
}

async function many() {
  const all = Array.from({ length: 30 }, (_, number) => ({ customer: "cy", number, place: "Kiel" }));
  want("batch that writes", (await parcels.put(all).go()).unprocessed, []); // more than a request takes: the client splits it
  want("batch that reads", (await parcels.get(all).go()).data.length, 30);
  const sizes = [];
  let cursor = null;
  do {
    const page = await parcels.query.primary({ customer: "cy" }).go({ cursor, limit: 12 });
    sizes.push(page.data.length);
    cursor = page.cursor;
  } while (cursor !== null);
  want("pages", sizes, [12, 12, 6]);
}

async function remove() {
  want("delete", (await parcels.remove({ customer: "bo", number: 1 }).go({ response: "all_old" })).data.place, "Kiel");
  want("nothing is left", (await parcels.get({ customer: "bo", number: 1 }).go()).data, null);
  await client.send(new DeleteTableCommand({ TableName: table }));
  want("delete the table", (await waitUntilTableNotExists(patience, { TableName: table })).state, "SUCCESS");
}

// tenant is yellow, whose session the second credentials are of. Its rows were not written by ElectroDB: hence no check of identifiers.
async function tenant() {
  const shipments = new Entity({
    model: { entity: "shipment", version: "1", service: "tracking" },
    attributes: { tenant: { type: "string", required: true }, shipment: { type: "string", required: true }, place: { type: "string", field: "Place" } },
    indexes: {
      primary: {
        pk: { field: "TenantID", composite: ["tenant"], template: "${tenant}", casing: "none" },
        sk: { field: "ShipmentID", composite: ["shipment"], template: "${shipment}", casing: "none" },
      },
    },
  }, { client: DynamoDBDocumentClient.from(connect("TENANT_")), table: "TrackingData" });
  const bare = { ignoreOwnership: true, data: "raw" };
  const own = await shipments.query.primary({ tenant: "yellow" }).where(({ place }, { begins }) => begins(place, "Ham")).go(bare);
  want("own rows", own.data.Items.map((item) => item.ShipmentID), ["1001"]);
  want("another tenant's rows", await code(() => shipments.query.primary({ tenant: "blue" }).go(bare)), "AccessDeniedException");
  want("batch of both tenants", await code(() => shipments.get([{ tenant: "yellow", shipment: "1001" }, { tenant: "blue", shipment: "1001" }]).go(bare)),
    "AccessDeniedException");
  want("write", await code(() => shipments.put({ tenant: "yellow", shipment: "1002", place: "Kiel" }).go()), "AccessDeniedException");
}

for (const step of [create, write, read, change, transact, many, remove, tenant]) {
  await step();
}
