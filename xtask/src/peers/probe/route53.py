"""Route 53: zones and record sets."""

from botocore.exceptions import ClientError

from harness import check


def zone(cloud):
    name = cloud.name("zone") + ".example"
    made = cloud.client("route53").create_hosted_zone(Name=name, CallerReference=name)
    return name, made["HostedZone"]["Id"].split("/")[-1]


def change(cloud, zone_id, action, name, kind, value):
    record = {"Name": name, "Type": kind, "TTL": 60, "ResourceRecords": [{"Value": value}]}
    return cloud.client("route53").change_resource_record_sets(
        HostedZoneId=zone_id, ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": record}]})


@check("route53", "a record set is made, listed and in sync")
def records(cloud):
    name, zone_id = zone(cloud)
    info = change(cloud, zone_id, "CREATE", f"www.{name}", "A", "192.0.2.1")["ChangeInfo"]
    route53 = cloud.client("route53")
    assert route53.get_change(Id=info["Id"])["ChangeInfo"]["Status"] == "INSYNC"
    listed = route53.list_resource_record_sets(HostedZoneId=zone_id)["ResourceRecordSets"]
    assert {"A", "NS", "SOA"} == {one["Type"] for one in listed}, listed


@check("route53", "what is wrong with a batch is refused")
def wrong(cloud):
    name, zone_id = zone(cloud)
    change(cloud, zone_id, "CREATE", f"www.{name}", "A", "192.0.2.1")
    for action, record, kind, value in [
        ("CREATE", f"www.{name}", "A", "192.0.2.2"),
        ("DELETE", f"www.{name}", "A", "192.0.2.2"),
        ("CREATE", "www.elsewhere.example", "A", "192.0.2.2"),
        ("CREATE", name, "CNAME", "www.elsewhere.example"),
        ("CREATE", f"a.{name}", "A", "none"),
    ]:
        try:
            change(cloud, zone_id, action, record, kind, value)
        except ClientError as error:
            assert error.response["Error"]["Code"] == "InvalidChangeBatch", error
        else:
            raise AssertionError((action, record, kind, value))


@check("route53", "a zone with records cannot be deleted")
def not_empty(cloud):
    name, zone_id = zone(cloud)
    change(cloud, zone_id, "CREATE", f"www.{name}", "A", "192.0.2.1")
    route53 = cloud.client("route53")
    try:
        route53.delete_hosted_zone(Id=zone_id)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "HostedZoneNotEmpty", error
    else:
        raise AssertionError("it was deleted")
    change(cloud, zone_id, "DELETE", f"www.{name}", "A", "192.0.2.1")
    route53.delete_hosted_zone(Id=zone_id)


@check("route53", "a wildcard answers for names under it")
def wildcard(cloud):
    name, zone_id = zone(cloud)
    change(cloud, zone_id, "CREATE", f"*.{name}", "A", "192.0.2.7")
    answer = cloud.client("route53").test_dns_answer(HostedZoneId=zone_id, RecordName=f"any.{name}", RecordType="A")
    assert answer["RecordData"] == ["192.0.2.7"], answer
