//! The settings by type.

use super::{FOREVER, Rank, Setting};

/// One that counts when it changes.
const fn changed(
    kinds: &'static [&'static str],
    path: &'static str,
    rank: Rank,
    absent: i64,
    what: &'static str,
) -> Setting {
    Setting { kinds, path, rank, absent, when_new: None, what }
}

/// One that counts in a new resource as well, when its rank is below `safe`.
const fn always(
    kinds: &'static [&'static str],
    path: &'static str,
    rank: Rank,
    (absent, safe): (i64, i64),
    what: &'static str,
) -> Setting {
    Setting { kinds, path, rank, absent, when_new: Some(safe), what }
}

const DATABASES: &[&str] = &[
    "AWS::RDS::DBInstance",
    "AWS::RDS::DBCluster",
    "AWS::RDS::GlobalCluster",
    "AWS::DocDB::DBCluster",
    "AWS::Neptune::DBCluster",
];
const DISTRIBUTION: &[&str] = &["AWS::CloudFront::Distribution"];
const BUCKET: &[&str] = &["AWS::S3::Bucket"];
const TABLE: &[&str] = &["AWS::DynamoDB::Table"];
const CACHE: &[&str] = &["AWS::ElastiCache::ReplicationGroup"];
const SEARCH: &[&str] = &["AWS::OpenSearchService::Domain", "AWS::Elasticsearch::Domain"];

/// Versions of CloudFront's security policies, from the oldest.
const VIEWER_TLS: Rank =
    Rank::Order(&["SSLv3", "TLSv1", "TLSv1_2016", "TLSv1.1_2016", "TLSv1.2_2018", "TLSv1.2_2019", "TLSv1.2_2021"]);
const API_TLS: Rank = Rank::Order(&["TLS_1_0", "TLS_1_2"]);
const DOMAIN_TLS: Rank =
    Rank::Order(&["Policy-Min-TLS-1-0-2019-07", "Policy-Min-TLS-1-2-2019-07", "Policy-Min-TLS-1-2-PFS-2023-10"]);
const NOT_ENCRYPTED: &str = "is not encrypted any more";
const NO_OWN_KEY: &str = "is not encrypted with a key of its own any more";
const DELETABLE: &str = "is not protected from deletion any more";
const KEPT_SHORTER: &str = "keeps its data for less time";
const LOWER_TLS: &str = "takes connections of an older version of TLS";
const PLAIN_HTTP: &str = "answers over HTTP without TLS";
const PUBLIC_ADDRESS: &str = "has a public address";
const NO_AUTHORIZATION: &str = "answers without authorization";

pub(super) const SETTINGS: &[Setting] = &[
    // Data that may go.
    changed(DATABASES, "DeletionProtection", Rank::Flag, 0, DELETABLE),
    changed(&["AWS::DynamoDB::Table", "AWS::Logs::LogGroup"], "DeletionProtectionEnabled", Rank::Flag, 0, DELETABLE),
    changed(&["AWS::Cognito::UserPool"], "DeletionProtection", Rank::Order(&["INACTIVE", "ACTIVE"]), 0, DELETABLE),
    changed(
        TABLE,
        "PointInTimeRecoverySpecification/PointInTimeRecoveryEnabled",
        Rank::Flag,
        0,
        "cannot be recovered to a point in time any more",
    ),
    changed(TABLE, "PointInTimeRecoverySpecification/RecoveryPeriodInDays", Rank::More, 35, KEPT_SHORTER),
    changed(
        BUCKET,
        "VersioningConfiguration/Status",
        Rank::Order(&["Suspended", "Enabled"]),
        0,
        "keeps no versions of its objects any more",
    ),
    changed(BUCKET, "ObjectLockEnabled", Rank::Flag, 0, "does not lock its objects any more"),
    changed(&["AWS::Logs::LogGroup"], "RetentionInDays", Rank::More, FOREVER, KEPT_SHORTER),
    changed(DATABASES, "BackupRetentionPeriod", Rank::More, 1, "keeps its backups for less time"),
    changed(&["AWS::Kinesis::Stream"], "RetentionPeriodHours", Rank::More, 24, KEPT_SHORTER),
    // Encryption.
    changed(
        BUCKET,
        "BucketEncryption/ServerSideEncryptionConfiguration/*/ServerSideEncryptionByDefault/SSEAlgorithm",
        Rank::Order(&["AES256", "aws:kms", "aws:kms:dsse"]),
        0,
        NO_OWN_KEY,
    ),
    changed(BUCKET, "BucketEncryption", Rank::Present, 0, "does not say how it is encrypted any more"),
    changed(DATABASES, "StorageEncrypted", Rank::Flag, 0, NOT_ENCRYPTED),
    changed(
        &["AWS::EFS::FileSystem", "AWS::EC2::Volume", "AWS::Redshift::Cluster"],
        "Encrypted",
        Rank::Flag,
        0,
        NOT_ENCRYPTED,
    ),
    changed(CACHE, "AtRestEncryptionEnabled", Rank::Flag, 0, NOT_ENCRYPTED),
    changed(CACHE, "TransitEncryptionEnabled", Rank::Flag, 0, "is reached without encryption"),
    changed(&["AWS::SQS::Queue"], "SqsManagedSseEnabled", Rank::Flag, 1, NOT_ENCRYPTED),
    changed(&["AWS::SQS::Queue", "AWS::SNS::Topic"], "KmsMasterKeyId", Rank::Present, 0, NO_OWN_KEY),
    changed(
        &["AWS::Logs::LogGroup", "AWS::SecretsManager::Secret", "AWS::RDS::DBInstance", "AWS::RDS::DBCluster"],
        "KmsKeyId",
        Rank::Present,
        0,
        NO_OWN_KEY,
    ),
    changed(&["AWS::Lambda::Function"], "KmsKeyArn", Rank::Present, 0, NO_OWN_KEY),
    changed(&["AWS::Kinesis::Stream"], "StreamEncryption", Rank::Present, 0, NOT_ENCRYPTED),
    changed(TABLE, "SSESpecification/SSEEnabled", Rank::Flag, 0, NO_OWN_KEY),
    changed(SEARCH, "EncryptionAtRestOptions/Enabled", Rank::Flag, 0, NOT_ENCRYPTED),
    changed(
        SEARCH,
        "NodeToNodeEncryptionOptions/Enabled",
        Rank::Flag,
        0,
        "is not encrypted between its nodes any more",
    ),
    changed(&["AWS::KMS::Key"], "EnableKeyRotation", Rank::Flag, 0, "is not rotated any more"),
    // Connections.
    changed(DISTRIBUTION, "DistributionConfig/ViewerCertificate/MinimumProtocolVersion", VIEWER_TLS, 1, LOWER_TLS),
    changed(&["AWS::ApiGateway::DomainName"], "SecurityPolicy", API_TLS, 1, LOWER_TLS),
    changed(&["AWS::ApiGatewayV2::DomainName"], "DomainNameConfigurations/*/SecurityPolicy", API_TLS, 1, LOWER_TLS),
    changed(SEARCH, "DomainEndpointOptions/TLSSecurityPolicy", DOMAIN_TLS, 0, LOWER_TLS),
    changed(SEARCH, "DomainEndpointOptions/EnforceHTTPS", Rank::Flag, 0, PLAIN_HTTP),
    always(
        DISTRIBUTION,
        "DistributionConfig/DefaultCacheBehavior/ViewerProtocolPolicy",
        Rank::Order(&["allow-all"]),
        (1, 1),
        PLAIN_HTTP,
    ),
    always(
        DISTRIBUTION,
        "DistributionConfig/CacheBehaviors/*/ViewerProtocolPolicy",
        Rank::Order(&["allow-all"]),
        (1, 1),
        PLAIN_HTTP,
    ),
    changed(
        DISTRIBUTION,
        "DistributionConfig/Origins/*/CustomOriginConfig/OriginProtocolPolicy",
        Rank::Order(&["http-only", "match-viewer", "https-only"]),
        2,
        "asks its origin over HTTP without TLS",
    ),
    changed(
        DISTRIBUTION,
        "DistributionConfig/Origins/*/OriginAccessControlId",
        Rank::Present,
        0,
        "does not sign what it asks of its origin any more",
    ),
    changed(DISTRIBUTION, "DistributionConfig/WebACLId", Rank::Present, 0, "has no web ACL in front any more"),
    changed(
        DISTRIBUTION,
        "DistributionConfig/DefaultCacheBehavior/TrustedKeyGroups",
        Rank::Present,
        0,
        "wants no signed URLs any more",
    ),
    // What is open to strangers.
    always(
        &[
            "AWS::RDS::DBInstance",
            "AWS::RDS::DBCluster",
            "AWS::Redshift::Cluster",
            "AWS::DMS::ReplicationInstance",
            "AWS::AmazonMQ::Broker",
        ],
        "PubliclyAccessible",
        Rank::OpenFlag,
        (1, 1),
        PUBLIC_ADDRESS,
    ),
    always(
        &["AWS::EC2::Subnet"],
        "MapPublicIpOnLaunch",
        Rank::OpenFlag,
        (1, 1),
        "gives what starts in it a public address",
    ),
    always(
        &["AWS::ECS::Service"],
        "NetworkConfiguration/AwsvpcConfiguration/AssignPublicIp",
        Rank::Order(&["ENABLED"]),
        (1, 1),
        PUBLIC_ADDRESS,
    ),
    changed(
        &["AWS::ElasticLoadBalancingV2::LoadBalancer"],
        "Scheme",
        Rank::Order(&["internet-facing"]),
        0,
        "is reached from the internet",
    ),
    always(&["AWS::Lambda::Url"], "AuthType", Rank::Order(&["NONE"]), (1, 1), "answers everyone"),
    always(&["AWS::ApiGatewayV2::Route"], "AuthorizationType", Rank::Order(&["NONE"]), (0, 1), NO_AUTHORIZATION),
    changed(&["AWS::ApiGateway::Method"], "ApiKeyRequired", Rank::Flag, 0, "wants no API key any more"),
    changed(
        &["AWS::AppSync::GraphQLApi"],
        "AuthenticationType",
        Rank::Order(&["API_KEY"]),
        1,
        "takes an API key for authentication",
    ),
    always(
        BUCKET,
        "AccessControl",
        Rank::Order(&["PublicReadWrite", "PublicRead", "AuthenticatedRead"]),
        (3, 3),
        "opens its objects by an access control list",
    ),
    always(
        BUCKET,
        "OwnershipControls/Rules/*/ObjectOwnership",
        Rank::Order(&["ObjectWriter", "BucketOwnerPreferred", "BucketOwnerEnforced"]),
        (2, 2),
        "lets access control lists count",
    ),
    always(BUCKET, "WebsiteConfiguration", Rank::Absent, (1, 1), "is served as a website"),
    always(
        &["AWS::Cognito::IdentityPool"],
        "AllowUnauthenticatedIdentities",
        Rank::OpenFlag,
        (1, 1),
        "gives credentials to users who did not sign in",
    ),
    changed(
        &["AWS::Cognito::UserPool"],
        "MfaConfiguration",
        Rank::Order(&["OFF", "OPTIONAL", "ON"]),
        0,
        "asks for fewer factors at sign-in",
    ),
    // Roles.
    changed(&["AWS::IAM::Role"], "MaxSessionDuration", Rank::Fewer, -3600, "may be taken for longer"),
];
