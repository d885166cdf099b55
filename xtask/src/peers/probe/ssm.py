"""Systems Manager: parameters."""

from harness import check, refused


def parameter(cloud, name=None, value="first", kind="String", **settings):
    ssm, name = cloud.client("ssm"), name or f"/{cloud.name('probe')}/a"
    ssm.put_parameter(Name=name, Value=value, Type=kind, **settings)
    cloud._later(lambda: ssm.delete_parameter(Name=name))
    return ssm, name


@check("ssm", "a parameter is written, overwritten and read by version and label")
def versions(cloud):
    ssm, name = parameter(cloud)
    with refused("ParameterAlreadyExists"):
        ssm.put_parameter(Name=name, Value="second", Type="String")
    assert ssm.put_parameter(Name=name, Value="second", Overwrite=True)["Version"] == 2
    ssm.label_parameter_version(Name=name, ParameterVersion=1, Labels=["live"])
    read = lambda selector: ssm.get_parameter(Name=name + selector)["Parameter"]["Value"]
    assert (read(""), read(":1"), read(":live")) == ("second", "first", "first")
    assert [one["Value"] for one in ssm.get_parameter_history(Name=name)["Parameters"]] == ["first", "second"]
    ssm.delete_parameter(Name=name)
    with refused("ParameterNotFound"):
        ssm.get_parameter(Name=name)


@check("ssm", "a secure string comes decrypted to those who ask for it")
def secure(cloud):
    ssm, name = parameter(cloud, value="hunter2", kind="SecureString")
    assert ssm.get_parameter(Name=name, WithDecryption=True)["Parameter"]["Value"] == "hunter2"
    assert ssm.get_parameter(Name=name)["Parameter"]["Value"] != "hunter2"


@check("ssm", "parameters are read by path, flat and recursive, in pages")
def path(cloud):
    root = f"/{cloud.name('probe')}"
    for rest in ("a", "b", "c/d"):
        ssm, _ = parameter(cloud, f"{root}/{rest}")
    names = lambda **settings: [
        one["Name"][len(root) + 1:]
        for page in ssm.get_paginator("get_parameters_by_path").paginate(Path=root, PaginationConfig={"PageSize": 1}, **settings)
        for one in page["Parameters"]
    ]
    assert names() == ["a", "b"] and sorted(names(Recursive=True)) == ["a", "b", "c/d"]
    found = ssm.get_parameters(Names=[f"{root}/a", f"{root}/missing"])
    assert (len(found["Parameters"]), found["InvalidParameters"]) == (1, [f"{root}/missing"])


@check("ssm", "parameters are described by filters, and have tags")
def described(cloud):
    ssm, name = parameter(cloud, Description="for the probe", Tags=[{"Key": "team", "Value": "photos"}])
    (found,) = ssm.describe_parameters(ParameterFilters=[{"Key": "Name", "Values": [name]}])["Parameters"]
    assert (found["Description"], found["Version"]) == ("for the probe", 1), found
    tags = lambda: ssm.list_tags_for_resource(ResourceType="Parameter", ResourceId=name)["TagList"]
    ssm.add_tags_to_resource(ResourceType="Parameter", ResourceId=name, Tags=[{"Key": "b", "Value": "2"}])
    ssm.remove_tags_from_resource(ResourceType="Parameter", ResourceId=name, TagKeys=["team"])
    assert tags() == [{"Key": "b", "Value": "2"}]


@check("ssm", "a role reads what its policy names")
def role(cloud):
    ssm, name = parameter(cloud)
    _, other = parameter(cloud)
    arn = ssm.get_parameter(Name=name)["Parameter"]["ARN"]
    role_arn = cloud.role([{"Effect": "Allow", "Action": ["ssm:GetParameter", "ssm:GetParameters"], "Resource": arn}])
    keys = cloud.client("sts").assume_role(RoleArn=role_arn, RoleSessionName="probe")["Credentials"]
    limited = cloud.client("ssm", keys=keys)
    assert limited.get_parameter(Name=name)["Parameter"]["Value"] == "first"
    with refused("AccessDeniedException"):
        limited.get_parameters(Names=[name, other])


@check("ssm", "a template makes a parameter")
def template(cloud):
    resource = {"Type": "AWS::SSM::Parameter", "Properties": {"Type": "String", "Value": "v", "Description": "d", "Tags": {"team": "photos"}}}
    outputs = {"Name": {"Value": {"Ref": "Parameter"}}, "Value": {"Value": {"Fn::GetAtt": ["Parameter", "Value"]}}}
    _, made = cloud.stack({"Resources": {"Parameter": resource}, "Outputs": outputs})
    assert made["Value"] == "v"
    assert cloud.client("ssm").get_parameter(Name=made["Name"])["Parameter"]["Value"] == "v"


@check("ssm", "the images that AWS publishes have a value")
def public(cloud):
    name = "/aws/service/ami-amazon-linux-latest/al2023-ami-kernel-default-x86_64"
    assert cloud.client("ssm").get_parameter(Name=name)["Parameter"]["Value"].startswith("ami-")
