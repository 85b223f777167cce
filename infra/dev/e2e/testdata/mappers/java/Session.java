import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import software.amazon.awssdk.auth.credentials.AwsBasicCredentials;
import software.amazon.awssdk.auth.credentials.AwsCredentials;
import software.amazon.awssdk.auth.credentials.AwsSessionCredentials;
import software.amazon.awssdk.auth.credentials.StaticCredentialsProvider;
import software.amazon.awssdk.awscore.exception.AwsServiceException;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbEnhancedClient;
import software.amazon.awssdk.enhanced.dynamodb.DynamoDbTable;
import software.amazon.awssdk.enhanced.dynamodb.Expression;
import software.amazon.awssdk.enhanced.dynamodb.Key;
import software.amazon.awssdk.enhanced.dynamodb.TableSchema;
import software.amazon.awssdk.enhanced.dynamodb.extensions.annotations.DynamoDbVersionAttribute;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbAttribute;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbBean;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbPartitionKey;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbSecondaryPartitionKey;
import software.amazon.awssdk.enhanced.dynamodb.mapper.annotations.DynamoDbSortKey;
import software.amazon.awssdk.enhanced.dynamodb.model.BatchGetItemEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.ConditionCheck;
import software.amazon.awssdk.enhanced.dynamodb.model.CreateTableEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.BatchWriteItemEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.EnhancedGlobalSecondaryIndex;
import software.amazon.awssdk.enhanced.dynamodb.model.Page;
import software.amazon.awssdk.enhanced.dynamodb.model.PutItemEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.QueryConditional;
import software.amazon.awssdk.enhanced.dynamodb.model.QueryEnhancedRequest;
import software.amazon.awssdk.enhanced.dynamodb.model.ReadBatch;
import software.amazon.awssdk.enhanced.dynamodb.model.WriteBatch;
import software.amazon.awssdk.regions.Region;
import software.amazon.awssdk.services.dynamodb.DynamoDbClient;
import software.amazon.awssdk.services.dynamodb.model.AttributeValue;
import software.amazon.awssdk.services.dynamodb.model.ProjectionType;
import software.amazon.awssdk.services.dynamodb.model.TransactionCanceledException;

/** A session of AWS's enhanced client, which nobody here wrote. It prints a line for each step that it did; see ../../../mappers_test.go. */
public class Session {
  @DynamoDbBean
  public static class Parcel {
    private String customer, place;
    private Integer number, weight;
    private Long version;
    private Set<String> labels;

    @DynamoDbPartitionKey public String getCustomer() { return customer; }
    public void setCustomer(String v) { customer = v; }
    @DynamoDbSortKey public Integer getNumber() { return number; }
    public void setNumber(Integer v) { number = v; }
    @DynamoDbSecondaryPartitionKey(indexNames = "Place-index") public String getPlace() { return place; }
    public void setPlace(String v) { place = v; }
    public Integer getWeight() { return weight; }
    public void setWeight(Integer v) { weight = v; }
    public Set<String> getLabels() { return labels; }
    public void setLabels(Set<String> v) { labels = v; }
    @DynamoDbVersionAttribute public Long getVersion() { return version; }
    public void setVersion(Long v) { version = v; }
  }

  @DynamoDbBean
  public static class Shipment {
    private String tenantID, shipmentID, place;

    @DynamoDbPartitionKey
    @DynamoDbAttribute("TenantID")
    public String getTenantID() { return tenantID; }
    public void setTenantID(String v) { tenantID = v; }
    @DynamoDbSortKey
    @DynamoDbAttribute("ShipmentID")
    public String getShipmentID() { return shipmentID; }
    public void setShipmentID(String v) { shipmentID = v; }
    @DynamoDbAttribute("Place")
    public String getPlace() { return place; }
    public void setPlace(String v) { place = v; }
  }

  static DynamoDbEnhancedClient client;
  static DynamoDbTable<Parcel> table;

  public static void main(String[] args) {
    client = connect("AWS_");
    table = client.table("JavaParcels", TableSchema.fromBean(Parcel.class));
    write();
    read();
    change();
    transact();
    many();
    delete();
    tenant(connect("TENANT_"));
  }

  /** connect takes the credentials of variables with this prefix. */
  static DynamoDbEnhancedClient connect(String prefix) { return builder(prefix).build(); }

  static DynamoDbEnhancedClient.Builder builder(String prefix) {
    String id = System.getenv(prefix + "ACCESS_KEY_ID"), secret = System.getenv(prefix + "SECRET_ACCESS_KEY"), token = System.getenv(prefix + "SESSION_TOKEN");
    AwsCredentials credentials = token == null ? AwsBasicCredentials.create(id, secret) : AwsSessionCredentials.create(id, secret, token);
    return DynamoDbEnhancedClient.builder().dynamoDbClient(DynamoDbClient.builder()
        .endpointOverride(URI.create(System.getenv("AWS_ENDPOINT_URL"))).region(Region.of(System.getenv("AWS_REGION")))
        .credentialsProvider(StaticCredentialsProvider.create(credentials)).build());
  }

  static void want(String step, Object got, Object wanted) {
    if (!Objects.equals(got, wanted)) {
      throw new AssertionError(step + ": got " + got + ", want " + wanted);
    }
    System.out.println(step);
  }

  /** code is that of AWS's error, where call has one. */
  static String code(Runnable call) {
    try {
      call.run();
      return null;
    } catch (AwsServiceException e) {
      return e.awsErrorDetails().errorCode();
    }
  }

  static Parcel parcel(String customer, int number, String place, int weight) {
    Parcel p = new Parcel();
    p.setCustomer(customer);
    p.setNumber(number);
    p.setPlace(place);
    p.setWeight(weight);
    return p;
  }

  static Key key(String customer, int number) { return Key.builder().partitionValue(customer).sortValue(number).build(); }

  static Expression expression(String text, String name, AttributeValue value) {
    Expression.Builder b = Expression.builder().expression(text).putExpressionName("#n", name);
    return value == null ? b.build() : b.putExpressionValue(":v", value).build();
  }

  static AttributeValue text(String s) { return AttributeValue.fromS(s); }

  static void write() {
    table.createTable(CreateTableEnhancedRequest.builder().globalSecondaryIndices(EnhancedGlobalSecondaryIndex.builder()
        .indexName("Place-index").projection(p -> p.projectionType(ProjectionType.ALL)).build()).build());
    want("create", table.describeTable().table().tableStatusAsString(), "ACTIVE");
    Parcel first = parcel("ana", 1, "Hamburg", 7);
    first.setLabels(Set.of("fragile"));
    table.putItem(first);
    want("put", true, true);
    Parcel got = table.getItem(r -> r.key(key("ana", 1)).consistentRead(true));
    want("get", List.of(got.getPlace(), got.getWeight(), got.getLabels(), got.getVersion()), List.of("Hamburg", 7, Set.of("fragile"), 1L));
    String[] places = {"Bremen", "Hamburg", "Bremen", "Kiel"};
    for (int i = 0; i < places.length; i++) {
      table.putItem(parcel("ana", i + 2, places[i], i));
    }
  }

  static List<Integer> numbers(Iterable<Page<Parcel>> pages) {
    List<Integer> all = new ArrayList<>();
    pages.forEach(page -> page.items().forEach(p -> all.add(p.getNumber())));
    return all;
  }

  static void read() {
    want("query with filter", numbers(table.query(QueryEnhancedRequest.builder().queryConditional(QueryConditional.sortGreaterThanOrEqualTo(key("ana", 2)))
        .filterExpression(expression("#n = :v", "place", text("Bremen"))).build())), List.of(2, 4));
    want("query of an index", new TreeSet<>(numbers(table.index("Place-index").query(QueryConditional.keyEqualTo(Key.builder().partitionValue("Hamburg").build())))),
        new TreeSet<>(List.of(1, 3)));
    want("query with projection", numbers(table.query(QueryEnhancedRequest.builder().queryConditional(QueryConditional.sortBetween(key("ana", 1), key("ana", 3)))
        .attributesToProject("number").scanIndexForward(false).build())), List.of(3, 2, 1));
    want("scan with filter", numbers(table.scan(r -> r.filterExpression(expression("contains(#n, :v)", "labels", text("fragile"))))), List.of(1));
  }

  static void change() {
    Parcel p = parcel("ana", 1, null, 10);
    p.setVersion(1L);
    Parcel changed = table.updateItem(r -> r.item(p).ignoreNulls(true));
    want("update", List.of(changed.getPlace(), changed.getWeight(), changed.getVersion()), List.of("Hamburg", 10, 2L));
    want("version that is old", code(() -> table.updateItem(p)), "ConditionalCheckFailedException");
    PutItemEnhancedRequest<Parcel> again = PutItemEnhancedRequest.builder(Parcel.class).item(parcel("cy", 1, "Kiel", 0))
        .conditionExpression(expression("attribute_exists(#n)", "customer", null)).build();
    want("condition that fails", code(() -> table.putItem(again)), "ConditionalCheckFailedException");
  }

  static ConditionCheck<Parcel> exists(String customer, int number) {
    return ConditionCheck.builder().key(key(customer, number)).conditionExpression(expression("attribute_exists(#n)", "customer", null)).build();
  }

  static void transact() {
    Parcel ana = table.getItem(key("ana", 1));
    ana.setPlace("Sylt");
    client.transactWriteItems(r -> r.addPutItem(table, parcel("bo", 1, "Kiel", 1)).addUpdateItem(table, ana).addConditionCheck(table, exists("ana", 2)));
    want("transaction", true, true);
    want("transaction that reads", client.transactGetItems(r -> r.addGetItem(table, key("ana", 1)).addGetItem(table, key("bo", 1))).stream()
        .map(d -> d.getItem(table).getPlace()).collect(Collectors.toList()), List.of("Sylt", "Kiel"));
    try {
      client.transactWriteItems(r -> r.addDeleteItem(table, key("bo", 1)).addConditionCheck(table, exists("nobody", 1)));
      throw new AssertionError("a transaction that fails is no error");
    } catch (TransactionCanceledException e) {
      want("transaction that fails", e.cancellationReasons().stream().map(c -> c.code()).collect(Collectors.toList()), List.of("None", "ConditionalCheckFailed"));
    }
  }

  static void many() {
    // A batch takes no conditions, and versions are conditions: they are an extension of the client.
    DynamoDbEnhancedClient client = builder("AWS_").extensions(List.of()).build();
    DynamoDbTable<Parcel> table = client.table("JavaParcels", TableSchema.fromBean(Parcel.class));
    for (int from = 0; from < 30; from += 25) { // a request takes 25
      WriteBatch.Builder<Parcel> batch = WriteBatch.builder(Parcel.class).mappedTableResource(table);
      IntStream.range(from, Math.min(30, from + 25)).forEach(n -> batch.addPutItem(parcel("cy", n, "Kiel", 0)));
      client.batchWriteItem(BatchWriteItemEnhancedRequest.builder().writeBatches(batch.build()).build());
    }
    want("batch that writes", numbers(table.query(QueryConditional.keyEqualTo(Key.builder().partitionValue("cy").build()))).size(), 30);
    ReadBatch.Builder<Parcel> keys = ReadBatch.builder(Parcel.class).mappedTableResource(table);
    IntStream.range(0, 30).forEach(n -> keys.addGetItem(key("cy", n)));
    want("batch that reads", client.batchGetItem(BatchGetItemEnhancedRequest.builder().readBatches(keys.build()).build())
        .resultsForTable(table).stream().count(), 30L);
    List<Integer> sizes = new ArrayList<>();
    table.query(QueryEnhancedRequest.builder().queryConditional(QueryConditional.keyEqualTo(Key.builder().partitionValue("cy").build())).limit(12).build())
        .forEach(page -> sizes.add(page.items().size()));
    want("pages", sizes, List.of(12, 12, 6));
  }

  static void delete() {
    want("delete", table.deleteItem(key("bo", 1)).getPlace(), "Kiel");
    want("nothing is left", table.getItem(key("bo", 1)), null);
    table.deleteTable();
    want("delete the table", code(() -> table.describeTable()), "ResourceNotFoundException");
  }

  /** tenant is yellow, whose session the client has. */
  static void tenant(DynamoDbEnhancedClient yellow) {
    DynamoDbTable<Shipment> shipments = yellow.table("TrackingData", TableSchema.fromBean(Shipment.class));
    List<String> own = new ArrayList<>();
    shipments.query(QueryEnhancedRequest.builder().queryConditional(QueryConditional.keyEqualTo(Key.builder().partitionValue("yellow").build()))
        .filterExpression(expression("begins_with(#n, :v)", "Place", text("Ham"))).build()).items().forEach(s -> own.add(s.getShipmentID()));
    want("own rows", own, List.of("1001"));
    want("another tenant's rows", code(() -> shipments.query(QueryConditional.keyEqualTo(Key.builder().partitionValue("blue").build())).items().iterator().hasNext()),
        "AccessDeniedException");
    ReadBatch.Builder<Shipment> both = ReadBatch.builder(Shipment.class).mappedTableResource(shipments);
    for (String tenant : List.of("yellow", "blue")) {
      both.addGetItem(Key.builder().partitionValue(tenant).sortValue("1001").build());
    }
    want("batch of both tenants", code(() -> yellow.batchGetItem(BatchGetItemEnhancedRequest.builder().readBatches(both.build()).build()).iterator().next()),
        "AccessDeniedException");
    Shipment mine = new Shipment();
    mine.setTenantID("yellow");
    mine.setShipmentID("1002");
    mine.setPlace("Kiel");
    want("write", code(() -> shipments.putItem(mine)), "AccessDeniedException");
  }
}
