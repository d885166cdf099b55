//! Databases through their providers and the API. The servers are those of this machine.

use std::sync::Arc;

use serde_json::{Value, json};

use super::programs::{Family, tool};
use super::resources::{
    create_instance, delete_instance, parameter_group, read_instance, subnet_group, update_instance,
};
use crate::cloud::Cloud;
use crate::cloudformation::provider::{Live, Provisioned};
use crate::testing::{REGION, cloud, context, drifted, element, read, request};

async fn call(cloud: &Arc<Cloud>, form: &str) -> (u16, String) {
    read(super::api::handle(cloud, request("rds", "POST", "/", &[], form)).await).await
}

/// A subnet group over two default subnets.
async fn subnets(cloud: &Arc<Cloud>) -> String {
    cloud.ec2.require_group(REGION, "sg-none").unwrap_err();
    let body =
        read(crate::ec2::api::handle(cloud, request("ec2", "POST", "/", &[], "Action=DescribeSubnets")).await).await.1;
    let ids: Vec<&str> = body.split("<subnetId>").skip(1).filter_map(|rest| rest.split('<').next()).collect();
    let one = json!({"DBSubnetGroupDescription": "d", "SubnetIds": [ids[0]]});
    let refused = subnet_group::create(&context(cloud), &one).await.unwrap_err();
    assert!(refused.message.contains("coverage requirement"), "{refused:?}");
    let declared = json!({"DBSubnetGroupDescription": "d", "SubnetIds": [ids[0], ids[1]]});
    let made = subnet_group::create(&context(cloud), &declared).await.unwrap();
    let live = subnet_group::read(&context(cloud), &made.physical_id, &declared).await.unwrap();
    assert_eq!(drifted(&declared, &live), Vec::<String>::new());
    made.physical_id
}

fn declared(engine: &str, subnets: &str) -> Value {
    json!({
        "DBInstanceIdentifier": "Catalog", "Engine": engine, "DBInstanceClass": "db.t4g.micro", "AllocatedStorage": "20",
        "DBName": "catalog", "MasterUsername": "app", "MasterUserPassword": "it's-secret\\1", "DBSubnetGroupName": subnets,
        "PubliclyAccessible": false, "StorageEncrypted": true,
    })
}

/// Runs a statement with the client that lies beside the server, where there is one.
fn ask(family: Family, made: &Provisioned, password: &str, statement: &str) -> Option<Result<String, String>> {
    let text = |name: &str| made.attributes[name].as_str().unwrap().to_owned();
    let (host, port) = (text("Endpoint.Address"), text("Endpoint.Port"));
    let server = family.find().unwrap();
    let mut command = match family {
        Family::Postgres => {
            let mut command = std::process::Command::new(tool(&server, &["psql"]).ok()?);
            let target = format!("host={host} port={port} user=app dbname=catalog sslmode=require");
            command.args([&target, "-At", "-c", statement]).env("PGPASSWORD", password);
            command
        }
        Family::MySql => {
            let mut command = std::process::Command::new(tool(&server, &["mariadb", "mysql"]).ok()?);
            command.args([
                &format!("--host={host}"),
                &format!("--port={port}"),
                "--user=app",
                &format!("--password={password}"),
            ]);
            command.args(["--protocol=tcp", "--skip-column-names", "--batch", "--execute", statement, "catalog"]);
            command
        }
    };
    let output = command.output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    Some(if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) })
}

/// The whole life of an instance of an engine.
async fn life(engine: &str, statement: &str) {
    let family = Family::of(engine).unwrap();
    if let Err(error) = family.find() {
        return println!("skipped: {}", error.message);
    }
    let cloud = cloud();
    let context = context(&cloud);
    let mut before = declared(engine, &subnets(&cloud).await);
    let made = create_instance(&context, &before).await.unwrap();
    assert_eq!(made.physical_id, "catalog");
    let password = before["MasterUserPassword"].as_str().unwrap().to_owned();
    let answered = ask(family, &made, &password, statement);
    assert!(answered.clone().is_none_or(|answer| answer == Ok("catalog".to_owned())), "{answered:?}");
    let connection = cloud.rds.connection(REGION, "catalog").unwrap();
    assert_eq!((connection.engine.as_str(), connection.database.as_str()), (engine, "catalog"));

    before.as_object_mut().unwrap().remove("MasterUserPassword");
    let live = read_instance(&context, "catalog", &before).await.unwrap();
    assert_eq!(drifted(&before, &live), Vec::<String>::new());
    let modified = call(
        &cloud,
        "Action=ModifyDBInstance&DBInstanceIdentifier=catalog&AllocatedStorage=30&DeletionProtection=true",
    )
    .await;
    assert_eq!(modified.0, 200, "{}", modified.1);
    let live = read_instance(&context, "catalog", &before).await.unwrap();
    assert_eq!(drifted(&before, &live), ["AllocatedStorage"]);
    let protected = call(&cloud, "Action=DeleteDBInstance&DBInstanceIdentifier=catalog&SkipFinalSnapshot=true").await.1;
    assert!(element(&protected, "Message").contains("deletion protection"), "{protected}");

    // Another password, the same data.
    let filled = ask(family, &made, &password, "create table kept (n int)");
    assert!(filled.is_none_or(|answer| answer.is_ok()));
    let mut after = declared(engine, before["DBSubnetGroupName"].as_str().unwrap());
    after["MasterUserPassword"] = json!("another-secret");
    update_instance(&context, "catalog", &declared(engine, before["DBSubnetGroupName"].as_str().unwrap()), &after)
        .await
        .unwrap();
    assert!(ask(family, &made, &password, statement).is_none_or(|answer| answer.is_err()));
    let kept = ask(family, &made, "another-secret", "select count(*) from kept");
    assert!(kept.is_none_or(|answer| answer == Ok("0".to_owned())));

    let port = made.attributes["Endpoint.Port"].as_str().unwrap().to_owned();
    let address = format!("{}:{port}", made.attributes["Endpoint.Address"].as_str().unwrap());
    assert_eq!(call(&cloud, "Action=StopDBInstance&DBInstanceIdentifier=catalog").await.0, 200);
    assert!(std::net::TcpStream::connect(&address).is_err());
    let started = call(&cloud, "Action=StartDBInstance&DBInstanceIdentifier=catalog").await.1;
    assert_eq!(element(&started, "DBInstanceStatus"), "available");
    std::net::TcpStream::connect(&address).unwrap();
    let group = before["DBSubnetGroupName"].as_str().unwrap();
    assert!(subnet_group::delete(&context, group, &json!({})).await.is_err());
    delete_instance(&context, "catalog", &after).await.unwrap();
    assert!(std::net::TcpStream::connect(&address).is_err());
    subnet_group::delete(&context, group, &json!({})).await.unwrap();
    assert_eq!(read_instance(&context, "catalog", &after).await.unwrap(), Live::Gone);
}

#[tokio::test]
async fn a_postgres_lives_and_ends() {
    life("postgres", "select current_database()").await;
}

#[tokio::test]
async fn a_mysql_lives_and_ends() {
    life("mysql", "select database()").await;
}

#[tokio::test]
async fn a_password_can_be_kept_by_a_secret() {
    let family = Family::of("postgres").unwrap();
    if let Err(error) = family.find() {
        return println!("skipped: {}", error.message);
    }
    let cloud = cloud();
    let context = context(&cloud);
    let mut declared = declared("postgres", &subnets(&cloud).await);
    declared.as_object_mut().unwrap().remove("MasterUserPassword");
    declared["ManageMasterUserPassword"] = json!(true);
    declared["MasterUserSecret"] = json!({"KmsKeyId": "alias/own"});
    let made = create_instance(&context, &declared).await.unwrap();
    let secret = made.attributes["MasterUserSecret.SecretArn"].as_str().unwrap().to_owned();
    let password = || {
        let value: Value = serde_json::from_str(&cloud.secrets_manager.value(&secret).unwrap()).unwrap();
        assert_eq!(value["username"], "app");
        value["password"].as_str().unwrap().to_owned()
    };
    let first = password();
    let ask = |password: &str| ask(family, &made, password, "select 1").is_none_or(|answer| answer.is_ok());
    assert!(ask(&first));
    let (_, described) = call(&cloud, "Action=DescribeDBInstances&DBInstanceIdentifier=catalog").await;
    assert_eq!((element(&described, "SecretArn"), element(&described, "KmsKeyId")), (secret.as_str(), "alias/own"));
    let live = read_instance(&context, "catalog", &declared).await.unwrap();
    assert_eq!(drifted(&declared, &live), Vec::<String>::new());

    // Whatever else changes, the password stays until it is rotated.
    let mut larger = declared.clone();
    larger["AllocatedStorage"] = json!("30");
    update_instance(&context, "catalog", &declared, &larger).await.unwrap();
    assert_eq!(password(), first);
    let rotate = "Action=ModifyDBInstance&DBInstanceIdentifier=catalog&RotateMasterUserPassword=true";
    assert_eq!(call(&cloud, rotate).await.0, 200);
    assert_ne!(password(), first);
    assert!(ask(&password()));

    let mut own = larger.clone();
    own["ManageMasterUserPassword"] = json!(false);
    let refused = update_instance(&context, "catalog", &larger, &own).await.unwrap_err();
    assert!(refused.message.contains("You must specify MasterUserPassword"), "{}", refused.message);
    own["MasterUserPassword"] = json!("another-secret");
    update_instance(&context, "catalog", &larger, &own).await.unwrap();
    assert!(ask("another-secret"));
    assert!(cloud.secrets_manager.value(&secret).is_err());
    delete_instance(&context, "catalog", &own).await.unwrap();
}

#[tokio::test]
async fn what_cannot_be_an_instance_is_refused() {
    let cloud = cloud();
    let subnets = subnets(&cloud).await;
    for (name, value, expected) in [
        ("Engine", json!("oracle-ee"), "mysql, mariadb and postgres"),
        ("MasterUserPassword", json!("short"), "not a valid password"),
        ("DBSubnetGroupName", json!("none"), "does not exist"),
        ("DBParameterGroupName", json!("none"), "DBParameterGroup not found"),
        ("VPCSecurityGroups", json!(["sg-1"]), "does not exist"),
        ("ManageMasterUserPassword", json!(true), "MasterUserPassword"),
        ("DBSnapshotIdentifier", json!("s"), "DBSnapshotIdentifier"),
        ("DBInstanceIdentifier", json!("1-"), "not a valid identifier"),
    ] {
        let mut wrong = declared("postgres", &subnets);
        wrong[name] = value;
        let refused = create_instance(&context(&cloud), &wrong).await.unwrap_err();
        assert!(refused.message.contains(expected), "{refused:?}");
    }
    assert_eq!(call(&cloud, "Action=DescribeDBInstances&DBInstanceIdentifier=none").await.0, 404);
}

#[tokio::test]
async fn parameter_groups_are_changed_by_both_ways() {
    let cloud = cloud();
    let context = context(&cloud);
    let declared = json!({"Description": "d", "Family": "mysql8.4", "Parameters": {"require_secure_transport": 1}});
    let made = parameter_group::create(&context, &declared).await.unwrap().physical_id;
    assert_eq!(
        drifted(&declared, &parameter_group::read(&context, &made, &declared).await.unwrap()),
        Vec::<String>::new()
    );
    let form = format!(
        "Action=ModifyDBParameterGroup&DBParameterGroupName={made}&Parameters.Parameter.1.ParameterName=long_query_time&Parameters.Parameter.1.ParameterValue=2&Parameters.Parameter.1.ApplyMethod=immediate"
    );
    assert_eq!(call(&cloud, &form).await.0, 200);
    assert_eq!(drifted(&declared, &parameter_group::read(&context, &made, &declared).await.unwrap()), ["Parameters"]);
    assert!(
        call(&cloud, &format!("Action=DescribeDBParameters&DBParameterGroupName={made}"))
            .await
            .1
            .contains("long_query_time")
    );
    parameter_group::delete(&context, &made, &declared).await.unwrap();
}
