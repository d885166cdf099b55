"""EC2: networks."""

from botocore.exceptions import ClientError

from harness import check


@check("ec2", "a region has a default VPC with subnets in several zones")
def default_network(cloud):
    ec2 = cloud.client("ec2")
    vpc = ec2.describe_vpcs(Filters=[{"Name": "is-default", "Values": ["true"]}])["Vpcs"][0]
    subnets = ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]
    assert len({subnet["AvailabilityZone"] for subnet in subnets}) > 1, subnets


@check("ec2", "subnets that overlap or lie outside are refused")
def overlaps(cloud):
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.9.0.0/16")["Vpc"]["VpcId"]
    ec2.create_subnet(VpcId=vpc, CidrBlock="10.9.0.0/24")
    for block, code in [("10.9.0.128/25", "InvalidSubnet.Conflict"), ("10.10.0.0/24", "InvalidSubnet.Range")]:
        try:
            ec2.create_subnet(VpcId=vpc, CidrBlock=block)
        except ClientError as error:
            assert error.response["Error"]["Code"] == code, error
        else:
            raise AssertionError(block)


@check("ec2", "a private subnet has a route through a NAT gateway")
def nat(cloud):
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.8.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.8.0.0/24")["Subnet"]["SubnetId"]
    gateway = ec2.create_internet_gateway()["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(VpcId=vpc, InternetGatewayId=gateway)
    address = ec2.allocate_address(Domain="vpc")["AllocationId"]
    nat = ec2.create_nat_gateway(SubnetId=subnet, AllocationId=address)["NatGateway"]["NatGatewayId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    ec2.create_route(RouteTableId=table, DestinationCidrBlock="0.0.0.0/0", NatGatewayId=nat)
    ec2.associate_route_table(RouteTableId=table, SubnetId=subnet)
    found = ec2.describe_route_tables(Filters=[{"Name": "association.subnet-id", "Values": [subnet]}])["RouteTables"][0]
    assert nat in [route.get("NatGatewayId") for route in found["Routes"]], found


@check("ec2", "rules of a security group are added once and taken away")
def rules(cloud):
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.7.0.0/16")["Vpc"]["VpcId"]
    group = ec2.create_security_group(GroupName=cloud.name("group"), Description="probe", VpcId=vpc)["GroupId"]
    rule = {"GroupId": group, "IpPermissions": [
        {"IpProtocol": "tcp", "FromPort": 443, "ToPort": 443, "IpRanges": [{"CidrIp": "10.0.0.0/8"}]}]}
    ec2.authorize_security_group_ingress(**rule)
    try:
        ec2.authorize_security_group_ingress(**rule)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidPermission.Duplicate", error
    else:
        raise AssertionError("the same rule was added twice")
    ec2.revoke_security_group_ingress(**rule)
    shown = ec2.describe_security_groups(GroupIds=[group])["SecurityGroups"][0]
    assert shown["IpPermissions"] == [], shown


@check("ec2", "a VPC with subnets cannot be deleted")
def dependencies(cloud):
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.6.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.6.0.0/24")["Subnet"]["SubnetId"]
    try:
        ec2.delete_vpc(VpcId=vpc)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "DependencyViolation", error
    else:
        raise AssertionError("it was deleted")
    ec2.delete_subnet(SubnetId=subnet)
    ec2.delete_vpc(VpcId=vpc)


@check("ec2", "gateway and interface endpoints are kept with what they refer to")
def endpoints(cloud):
    ec2 = cloud.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.5.0.0/16")["Vpc"]["VpcId"]
    table = ec2.create_route_table(VpcId=vpc)["RouteTable"]["RouteTableId"]
    made = ec2.create_vpc_endpoint(VpcId=vpc, ServiceName=f"com.amazonaws.{cloud.region}.s3", RouteTableIds=[table])
    found = ec2.describe_vpc_endpoints(VpcEndpointIds=[made["VpcEndpoint"]["VpcEndpointId"]])["VpcEndpoints"][0]
    assert found["RouteTableIds"] == [table] and found["VpcEndpointType"] == "Gateway", found


@check("ec2", "regions and zones are named")
def regions(cloud):
    ec2 = cloud.client("ec2")
    assert cloud.region in [one["RegionName"] for one in ec2.describe_regions()["Regions"]]
    assert len(ec2.describe_availability_zones()["AvailabilityZones"]) > 1
