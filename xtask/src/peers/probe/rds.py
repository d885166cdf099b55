"""RDS: instances are servers that answer."""

import socket

from botocore.exceptions import ClientError

from harness import check


def life(cloud, engine):
    rds, name = cloud.client("rds"), cloud.name("db")
    rds.create_db_instance(DBInstanceIdentifier=name, Engine=engine, DBInstanceClass="db.t4g.micro", AllocatedStorage=20,
                           DBName="catalog", MasterUsername="app", MasterUserPassword="probe-secret")

    def look():
        return rds.describe_db_instances(DBInstanceIdentifier=name)["DBInstances"][0]

    try:
        cloud.until(lambda: look()["DBInstanceStatus"] == "available", seconds=60)
        endpoint = look()["Endpoint"]
        with socket.create_connection((endpoint["Address"], endpoint["Port"]), timeout=5):
            pass
    finally:
        rds.delete_db_instance(DBInstanceIdentifier=name, SkipFinalSnapshot=True)


@check("rds", "a MySQL instance accepts connections")
def mysql(cloud):
    life(cloud, "mysql")


@check("rds", "a PostgreSQL instance accepts connections")
def postgres(cloud):
    life(cloud, "postgres")


@check("rds", "a subnet group covers two zones")
def subnets(cloud):
    rds, ec2 = cloud.client("rds"), cloud.client("ec2")
    own = [{"Name": "default-for-az", "Values": ["true"]}]
    ids = [subnet["SubnetId"] for subnet in ec2.describe_subnets(Filters=own)["Subnets"]]
    name = cloud.name("group")
    made = rds.create_db_subnet_group(DBSubnetGroupName=name, DBSubnetGroupDescription="probe", SubnetIds=ids[:2])
    assert len(made["DBSubnetGroup"]["Subnets"]) == 2, made
    try:
        rds.create_db_subnet_group(DBSubnetGroupName=name + "-1", DBSubnetGroupDescription="probe", SubnetIds=ids[:1])
    except ClientError as error:
        assert error.response["Error"]["Code"] == "DBSubnetGroupDoesNotCoverEnoughAZs", error
    else:
        raise AssertionError("one zone was enough")


@check("rds", "parameters of a group are changed and described")
def parameters(cloud):
    rds, name = cloud.client("rds"), cloud.name("group")
    rds.create_db_parameter_group(DBParameterGroupName=name, DBParameterGroupFamily="mysql8.4", Description="probe")
    rds.modify_db_parameter_group(DBParameterGroupName=name, Parameters=[
        {"ParameterName": "long_query_time", "ParameterValue": "2", "ApplyMethod": "immediate"}])
    found = {one["ParameterName"]: one.get("ParameterValue") for one in rds.describe_db_parameters(DBParameterGroupName=name)["Parameters"]}
    assert found["long_query_time"] == "2", found
