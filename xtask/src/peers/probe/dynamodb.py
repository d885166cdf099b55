"""DynamoDB: items, indexes, transactions, expiry, streams, access."""

import json
import time

from harness import check, refused


def table(cloud, **settings):
    dynamodb, name = cloud.client("dynamodb"), cloud.name("table")
    settings.setdefault("KeySchema", [{"AttributeName": "id", "KeyType": "HASH"}])
    settings.setdefault("AttributeDefinitions", [{"AttributeName": "id", "AttributeType": "S"}])
    dynamodb.create_table(TableName=name, BillingMode="PAY_PER_REQUEST", **settings)
    cloud._later(lambda: dynamodb.delete_table(TableName=name))
    dynamodb.get_waiter("table_exists").wait(TableName=name, WaiterConfig={"Delay": 1, "MaxAttempts": 10})
    return dynamodb, name


@check("dynamodb", "an item is put, read, updated under a condition, and deleted")
def item(cloud):
    dynamodb, name = table(cloud)
    dynamodb.put_item(TableName=name, Item={"id": {"S": "a"}, "n": {"N": "1"}})
    update = {
        "TableName": name, "Key": {"id": {"S": "a"}}, "UpdateExpression": "SET n = n + :one", "ConditionExpression": "n = :old",
        "ReturnValues": "ALL_NEW",
    }
    changed = dynamodb.update_item(**update, ExpressionAttributeValues={":one": {"N": "1"}, ":old": {"N": "1"}})
    assert changed["Attributes"]["n"] == {"N": "2"}, changed
    with refused("ConditionalCheckFailedException"):
        dynamodb.update_item(**update, ExpressionAttributeValues={":one": {"N": "1"}, ":old": {"N": "1"}})
    dynamodb.delete_item(TableName=name, Key={"id": {"S": "a"}})
    assert "Item" not in dynamodb.get_item(TableName=name, Key={"id": {"S": "a"}})


@check("dynamodb", "a global index is queried in order, page by page")
def index(cloud):
    dynamodb, name = table(
        cloud,
        AttributeDefinitions=[{"AttributeName": one, "AttributeType": "S"} for one in ("id", "day", "time")],
        GlobalSecondaryIndexes=[{
            "IndexName": "by-day",
            "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}, {"AttributeName": "time", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "ALL"},
        }],
    )
    for number in range(5):
        dynamodb.put_item(TableName=name, Item={"id": {"S": str(number)}, "day": {"S": "d"}, "time": {"S": f"0{9 - number}"}})
    pages = dynamodb.get_paginator("query").paginate(
        TableName=name, IndexName="by-day", KeyConditionExpression="#d = :d", ExpressionAttributeNames={"#d": "day"},
        ExpressionAttributeValues={":d": {"S": "d"}}, PaginationConfig={"PageSize": 2},
    )
    found = [item["id"]["S"] for page in pages for item in page["Items"]]
    assert found == ["4", "3", "2", "1", "0"], found


@check("dynamodb", "a transaction is done as a whole or not at all")
def transaction(cloud):
    dynamodb, name = table(cloud)
    dynamodb.put_item(TableName=name, Item={"id": {"S": "there"}})
    put = lambda key: {"Put": {"TableName": name, "Item": {"id": {"S": key}}, "ConditionExpression": "attribute_not_exists(id)"}}
    with refused("TransactionCanceledException"):
        dynamodb.transact_write_items(TransactItems=[put("new"), put("there")])
    assert dynamodb.scan(TableName=name)["Count"] == 1
    dynamodb.transact_write_items(TransactItems=[put("new"), put("newer")])
    assert dynamodb.scan(TableName=name)["Count"] == 3


@check("dynamodb", "batches write and read")
def batch(cloud):
    dynamodb, name = table(cloud)
    requests = [{"PutRequest": {"Item": {"id": {"S": str(number)}}}} for number in range(25)]
    assert not dynamodb.batch_write_item(RequestItems={name: requests})["UnprocessedItems"]
    keys = [{"id": {"S": str(number)}} for number in range(25)]
    assert len(dynamodb.batch_get_item(RequestItems={name: {"Keys": keys}})["Responses"][name]) == 25


@check("dynamodb", "statements of PartiQL are executed")
def statement(cloud):
    dynamodb, name = table(cloud)
    dynamodb.execute_statement(Statement=f"INSERT INTO \"{name}\" VALUE {{'id': 'a', 'n': 1}}")
    found = dynamodb.execute_statement(Statement=f'SELECT n FROM "{name}" WHERE id = ?', Parameters=[{"S": "a"}])
    assert found["Items"] == [{"n": {"N": "1"}}], found


@check("dynamodb", "expired items are removed")
def expiry(cloud):
    dynamodb, name = table(cloud)
    dynamodb.update_time_to_live(TableName=name, TimeToLiveSpecification={"AttributeName": "until", "Enabled": True})
    assert dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["TimeToLiveStatus"] == "ENABLED"
    now = int(time.time())
    dynamodb.put_item(TableName=name, Item={"id": {"S": "old"}, "until": {"N": str(now - 60)}})
    dynamodb.put_item(TableName=name, Item={"id": {"S": "young"}, "until": {"N": str(now + 3600)}})
    cloud.until(lambda: dynamodb.scan(TableName=name)["Items"][0]["id"]["S"] == "young" and dynamodb.scan(TableName=name)["Count"] == 1, seconds=20)


@check("dynamodb", "a stream tells of writes in order, with both images")
def stream(cloud):
    dynamodb, name = table(cloud, StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_AND_OLD_IMAGES"})
    for value in ("1", "2"):
        dynamodb.put_item(TableName=name, Item={"id": {"S": "a"}, "n": {"N": value}})
    dynamodb.delete_item(TableName=name, Key={"id": {"S": "a"}})
    streams = cloud.client("dynamodbstreams")
    (found,) = streams.list_streams(TableName=name)["Streams"]
    assert found["StreamArn"] == dynamodb.describe_table(TableName=name)["Table"]["LatestStreamArn"]
    assert f":{cloud.region}:" in found["StreamArn"], found
    (shard, *_) = streams.describe_stream(StreamArn=found["StreamArn"])["StreamDescription"]["Shards"]
    iterator = streams.get_shard_iterator(StreamArn=found["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="TRIM_HORIZON")
    records = streams.get_records(ShardIterator=iterator["ShardIterator"])["Records"]
    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY", "REMOVE"], records
    assert records[1]["dynamodb"]["OldImage"]["n"] == {"N": "1"} and records[0]["awsRegion"] == cloud.region


@check("dynamodb", "point-in-time recovery is set and told")
def recovery(cloud):
    dynamodb, name = table(cloud)
    state = lambda: dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]["PointInTimeRecoveryDescription"]
    assert state()["PointInTimeRecoveryStatus"] == "DISABLED"
    dynamodb.update_continuous_backups(TableName=name, PointInTimeRecoverySpecification={"PointInTimeRecoveryEnabled": True})
    assert state()["PointInTimeRecoveryStatus"] == "ENABLED" and state()["EarliestRestorableDateTime"]


@check("dynamodb", "a protected table is not deleted")
def protection(cloud):
    dynamodb, name = table(cloud, DeletionProtectionEnabled=True)
    with refused("ValidationException"):
        dynamodb.delete_table(TableName=name)
    dynamodb.update_table(TableName=name, DeletionProtectionEnabled=False)
    dynamodb.delete_table(TableName=name)


@check("dynamodb", "a table has tags")
def tags(cloud):
    dynamodb, name = table(cloud, Tags=[{"Key": "a", "Value": "1"}])
    arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    dynamodb.tag_resource(ResourceArn=arn, Tags=[{"Key": "b", "Value": "2"}])
    dynamodb.untag_resource(ResourceArn=arn, TagKeys=["a"])
    assert dynamodb.list_tags_of_resource(ResourceArn=arn)["Tags"] == [{"Key": "b", "Value": "2"}]


@check("dynamodb", "a role may do what its policy says, table by table and index by index")
def role(cloud):
    dynamodb, name = table(cloud)
    _, other = table(cloud)
    arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    statement = {"Effect": "Allow", "Action": ["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:BatchWriteItem"], "Resource": arn}
    keys = cloud.client("sts").assume_role(RoleArn=cloud.role([statement]), RoleSessionName="probe")["Credentials"]
    limited = cloud.client("dynamodb", keys=keys)
    put = lambda table: {"Put": {"TableName": table, "Item": {"id": {"S": "a"}}}}
    limited.put_item(TableName=name, Item={"id": {"S": "a"}})
    limited.transact_write_items(TransactItems=[put(name)])
    with refused("AccessDeniedException"):
        limited.scan(TableName=name)
    with refused("AccessDeniedException"):
        limited.transact_write_items(TransactItems=[put(name), put(other)])
    with refused("AccessDeniedException"):
        limited.batch_write_item(RequestItems={other: [{"PutRequest": {"Item": {"id": {"S": "a"}}}}]})


@check("dynamodb", "a template makes a table with indexes, stream, expiry and recovery")
def template(cloud):
    name = cloud.name("stack-table")
    properties = {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": one, "AttributeType": "S"} for one in ("pk", "sk", "day")],
        "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
        "BillingMode": "PAY_PER_REQUEST",
        "GlobalSecondaryIndexes": [{"IndexName": "by-day", "KeySchema": [{"AttributeName": "day", "KeyType": "HASH"}], "Projection": {"ProjectionType": "ALL"}}],
        "LocalSecondaryIndexes": [{
            "IndexName": "local", "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "day", "KeyType": "RANGE"}],
            "Projection": {"ProjectionType": "KEYS_ONLY"},
        }],
        "StreamSpecification": {"StreamViewType": "NEW_IMAGE"},
        "TimeToLiveSpecification": {"AttributeName": "until", "Enabled": True},
        "PointInTimeRecoverySpecification": {"PointInTimeRecoveryEnabled": True},
        "SSESpecification": {"SSEEnabled": True, "SSEType": "KMS"},
    }
    template = {
        "Resources": {"Table": {"Type": "AWS::DynamoDB::Table", "Properties": properties}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Table", "Arn"]}}, "Stream": {"Value": {"Fn::GetAtt": ["Table", "StreamArn"]}}},
    }
    _, outputs = cloud.stack(template)
    dynamodb = cloud.client("dynamodb")
    found = dynamodb.describe_table(TableName=name)["Table"]
    assert (found["TableArn"], found["LatestStreamArn"]) == (outputs["Arn"], outputs["Stream"]), outputs
    assert found["GlobalSecondaryIndexes"][0]["IndexName"] == "by-day" and found["LocalSecondaryIndexes"][0]["IndexName"] == "local"
    assert found["SSEDescription"]["Status"] == "ENABLED", found
    assert dynamodb.describe_time_to_live(TableName=name)["TimeToLiveDescription"]["AttributeName"] == "until"
    recovery = dynamodb.describe_continuous_backups(TableName=name)["ContinuousBackupsDescription"]
    assert recovery["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


@check("dynamodb", "a table's own policy lets a role in")
def policy(cloud):
    dynamodb, name = table(cloud)
    arn = dynamodb.describe_table(TableName=name)["Table"]["TableArn"]
    role = cloud.role()
    keys = cloud.client("sts").assume_role(RoleArn=role, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("dynamodb", keys=keys)
    with refused("AccessDeniedException"):
        limited.scan(TableName=name)
    statement = {"Effect": "Allow", "Principal": {"AWS": role}, "Action": "dynamodb:Scan", "Resource": arn}
    dynamodb.put_resource_policy(ResourceArn=arn, Policy=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    cloud.until(lambda: limited.scan(TableName=name)["Count"] == 0)


@check("dynamodb", "a template makes a global table with one replica")
def global_table(cloud):
    name = cloud.name("stack-table")
    properties = {
        "TableName": name,
        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
        "BillingMode": "PAY_PER_REQUEST",
        "Replicas": [{"Region": cloud.region, "Tags": [{"Key": "team", "Value": "photos"}]}],
    }
    template = {
        "Resources": {"Table": {"Type": "AWS::DynamoDB::GlobalTable", "Properties": properties}},
        "Outputs": {"Arn": {"Value": {"Fn::GetAtt": ["Table", "Arn"]}}},
    }
    _, outputs = cloud.stack(template)
    dynamodb = cloud.client("dynamodb")
    assert dynamodb.describe_table(TableName=name)["Table"]["TableArn"] == outputs["Arn"]
    tags = dynamodb.list_tags_of_resource(ResourceArn=outputs["Arn"])["Tags"]
    assert {"Key": "team", "Value": "photos"} in tags, tags
