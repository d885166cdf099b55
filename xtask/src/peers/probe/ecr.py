"""ECR: repositories."""

import json

from botocore.exceptions import ClientError

from harness import check


@check("ecr", "a repository is made, described and deleted")
def repository(cloud):
    ecr, name = cloud.client("ecr"), cloud.name("images")
    made = ecr.create_repository(repositoryName=name, imageTagMutability="IMMUTABLE",
                                 imageScanningConfiguration={"scanOnPush": True})["repository"]
    assert made["repositoryUri"].endswith("/" + name), made
    shown = ecr.describe_repositories(repositoryNames=[name])["repositories"][0]
    assert shown["imageTagMutability"] == "IMMUTABLE" and shown["imageScanningConfiguration"]["scanOnPush"], shown
    ecr.delete_repository(repositoryName=name)
    try:
        ecr.describe_repositories(repositoryNames=[name])
    except ClientError as error:
        assert error.response["Error"]["Code"] == "RepositoryNotFoundException", error
    else:
        raise AssertionError("it is still there")


@check("ecr", "a lifecycle policy is checked and kept")
def lifecycle(cloud):
    ecr, name = cloud.client("ecr"), cloud.name("images")
    ecr.create_repository(repositoryName=name)
    rule = {"rulePriority": 1, "action": {"type": "expire"},
            "selection": {"tagStatus": "any", "countType": "imageCountMoreThan", "countNumber": 10}}
    ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": [rule]}))
    got = ecr.get_lifecycle_policy(repositoryName=name)["lifecyclePolicyText"]
    assert json.loads(got)["rules"][0]["rulePriority"] == 1, got
    try:
        ecr.put_lifecycle_policy(repositoryName=name, lifecyclePolicyText=json.dumps({"rules": [rule, rule]}))
    except ClientError as error:
        assert error.response["Error"]["Code"] == "InvalidParameterException", error
    else:
        raise AssertionError("a policy with one priority twice was kept")
