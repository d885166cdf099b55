"""ACM: certificates."""

from harness import check


@check("acm", "a certificate that is validated by DNS is issued once its record is there")
def validation(cloud):
    acm, route53 = cloud.client("acm"), cloud.client("route53")
    name = cloud.name("zone") + ".example"
    zone = route53.create_hosted_zone(Name=name, CallerReference=name)["HostedZone"]["Id"]
    arn = acm.request_certificate(DomainName=name, ValidationMethod="DNS")["CertificateArn"]
    shown = acm.describe_certificate(CertificateArn=arn)["Certificate"]
    assert shown["Status"] == "PENDING_VALIDATION", shown
    record = cloud.until(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]
                         ["DomainValidationOptions"][0].get("ResourceRecord"))
    route53.change_resource_record_sets(HostedZoneId=zone, ChangeBatch={"Changes": [
        {"Action": "CREATE", "ResourceRecordSet": {"Name": record["Name"], "Type": record["Type"], "TTL": 60,
                                                   "ResourceRecords": [{"Value": record["Value"]}]}}]})
    cloud.until(lambda: acm.describe_certificate(CertificateArn=arn)["Certificate"]["Status"] == "ISSUED")


@check("acm", "an issued certificate is a certificate, and goes when it is deleted")
def pem(cloud):
    acm = cloud.client("acm")
    name = f"{cloud.name('name')}.example.org"
    arn = acm.request_certificate(DomainName=name, ValidationMethod="EMAIL")["CertificateArn"]
    got = acm.get_certificate(CertificateArn=arn)
    assert got["Certificate"].startswith("-----BEGIN CERTIFICATE-----"), got
    acm.delete_certificate(CertificateArn=arn)
    assert arn not in [one["CertificateArn"] for one in acm.list_certificates()["CertificateSummaryList"]]
