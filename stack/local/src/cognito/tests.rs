//! Users of a pool from sign-up to sign-out.

use std::sync::Arc;

use serde_json::{Value, json};

use super::*;
use crate::cloud::Cloud;
use crate::settings::Settings;
use crate::sts::{Claims, verify};

struct World {
    cloud: Arc<Cloud>,
    pool: String,
    client: String,
}

impl World {
    fn new(pool: &Value, client: &Value) -> Self {
        let cloud = Arc::new(Cloud::open(&Settings::default(), "http://127.0.0.1:4566".to_owned()).unwrap());
        let mut input = pool.clone();
        input["PoolName"] = json!("users");
        let pool = cloud.cognito.create_pool("us-east-1", &input).unwrap().id;
        let client = cloud.cognito.create_client(&pool, client).unwrap().id;
        Self { cloud, pool, client }
    }

    fn service(&self) -> &Cognito {
        &self.cloud.cognito
    }

    /// A pool whose users sign in by e-mail address and password.
    fn by_address() -> Self {
        Self::new(
            &json!({"UsernameAttributes": ["email"], "AutoVerifiedAttributes": ["email"], "UsernameConfiguration": {"CaseSensitive": false}}),
            &json!({"ClientName": "web", "ExplicitAuthFlows": ["ALLOW_USER_PASSWORD_AUTH", "ALLOW_ADMIN_USER_PASSWORD_AUTH", "ALLOW_USER_SRP_AUTH"]}),
        )
    }

    fn input(&self, fields: &Value) -> Value {
        let mut input = fields.clone();
        input["ClientId"] = json!(self.client);
        input
    }

    fn code(&self, name: &str, purpose: CodePurpose) -> String {
        self.service().with_pool(&self.pool, |pool| Ok(pool.user(name)?.codes[&purpose].text.clone())).unwrap()
    }

    async fn sign_in(&self, name: &str, password: &str) -> Result<Value, ServiceError> {
        let parameters = json!({"USERNAME": name, "PASSWORD": password});
        self.service()
            .initiate(&self.input(&json!({"AuthFlow": "USER_PASSWORD_AUTH", "AuthParameters": parameters})), None)
            .await
    }
}

fn refused(result: Result<Value, ServiceError>) -> String {
    let error = result.unwrap_err();
    format!("{}: {}", error.code, error.message)
}

#[tokio::test]
async fn a_user_signs_up_confirms_and_signs_in() {
    let world = World::by_address();
    let service = world.service();
    let sign_up = |password: &str| {
        service.sign_up(&world.cloud, &world.input(&json!({"Username": "Alice@example.com", "Password": password})))
    };
    assert_eq!(
        refused(sign_up("short")),
        "InvalidPasswordException: Password did not conform with policy: Password not long enough"
    );
    let signed = sign_up("Correct-Horse-1").unwrap();
    assert_eq!(signed["CodeDeliveryDetails"]["Destination"], "A***@e***");
    assert_eq!(
        refused(sign_up("Correct-Horse-1")),
        "UsernameExistsException: An account with the given email already exists."
    );
    assert_eq!(
        refused(world.sign_in("alice@example.com", "Correct-Horse-1").await),
        "UserNotConfirmedException: User is not confirmed."
    );
    let confirm = |code: &str| {
        service.confirm_sign_up(&world.input(&json!({"Username": "alice@example.com", "ConfirmationCode": code})))
    };
    assert!(refused(confirm("nonsense")).starts_with("CodeMismatchException"));
    let code = world.code("alice@example.com", CodePurpose::SignUp);
    confirm(&code).unwrap();
    assert!(refused(confirm(&code)).contains("Current status is CONFIRMED"));
    assert_eq!(
        refused(world.sign_in("alice@example.com", "wrong").await),
        "NotAuthorizedException: Incorrect username or password."
    );

    let result = world.sign_in("alice@example.com", "Correct-Horse-1").await.unwrap();
    let keys = service.key_set(&world.pool).await.unwrap();
    let claims = |name: &str| {
        let claims = Claims::read(result["AuthenticationResult"][name].as_str().unwrap()).unwrap();
        assert!(verify(&claims, &keys), "{name}");
        claims.payload
    };
    let (access, id) = (claims("AccessToken"), claims("IdToken"));
    assert_eq!(access["iss"], format!("https://cognito-idp.us-east-1.amazonaws.com/{}", world.pool));
    assert_eq!((&access["token_use"], &access["client_id"]), (&json!("access"), &json!(world.client)));
    assert_eq!((&access["scope"], &access["username"]), (&json!("aws.cognito.signin.user.admin"), &signed["UserSub"]));
    assert_eq!((&id["token_use"], &id["aud"], &id["sub"]), (&json!("id"), &json!(world.client), &signed["UserSub"]));
    assert_eq!((&id["email"], &id["email_verified"]), (&json!("Alice@example.com"), &json!(true)));
    assert_eq!(id["exp"].as_i64().unwrap() - id["iat"].as_i64().unwrap(), 3600);
}

#[tokio::test]
async fn a_password_of_an_administrator_is_changed_at_the_first_sign_in() {
    let world = World::by_address();
    let service = world.service();
    service.admin_create_user(&world.pool, "bob@example.com", BTreeMap::new(), Some("Temporary-1")).unwrap();
    service.create_group(&world.pool, &json!({"GroupName": "editors", "Precedence": 2})).unwrap();
    service.create_group(&world.pool, &json!({"GroupName": "admins", "Precedence": 1})).unwrap();
    for group in ["editors", "admins"] {
        service.set_member(&world.pool, group, "bob@example.com", true).unwrap();
    }
    let challenge = world.sign_in("bob@example.com", "Temporary-1").await.unwrap();
    assert_eq!(challenge["ChallengeName"], "NEW_PASSWORD_REQUIRED");
    let answer = |password: &str| {
        let responses = json!({"USERNAME": "bob@example.com", "NEW_PASSWORD": password, "userAttributes.name": "Bob"});
        world.input(&json!({"ChallengeName": "NEW_PASSWORD_REQUIRED", "Session": challenge["Session"], "ChallengeResponses": responses}))
    };
    assert!(refused(service.respond(&answer("weak")).await).starts_with("InvalidPasswordException"));
    let result = service.respond(&answer("Lasting-Pass-2")).await.unwrap();
    assert!(refused(service.respond(&answer("Lasting-Pass-2")).await).contains("Invalid session"));
    let token = result["AuthenticationResult"]["AccessToken"].as_str().unwrap();
    assert_eq!(Claims::read(token).unwrap().payload["cognito:groups"], json!(["admins", "editors"]));
    let (_, user, _) = service.user_of(token).await.unwrap();
    assert_eq!(user.attributes["name"], "Bob");
    world.sign_in("bob@example.com", "Lasting-Pass-2").await.unwrap();
}

#[tokio::test]
async fn tokens_end_by_sign_out_revocation_and_removal() {
    let world = World::by_address();
    let service = world.service();
    service.admin_create_user(&world.pool, "eve@example.com", BTreeMap::new(), Some("Temporary-1")).unwrap();
    service.set_password(&world.pool, "eve@example.com", "Lasting-Pass-2", true).unwrap();
    let sign_in = || async {
        let result = world.sign_in("eve@example.com", "Lasting-Pass-2").await.unwrap();
        let text = |name: &str| result["AuthenticationResult"][name].as_str().unwrap().to_owned();
        (text("AccessToken"), text("RefreshToken"))
    };
    let (access, refresh) = sign_in().await;
    let renew = |token: String| {
        let input = world.input(&json!({"AuthFlow": "REFRESH_TOKEN_AUTH", "AuthParameters": {"REFRESH_TOKEN": token}}));
        async move { service.initiate(&input, None).await }
    };
    let renewed = renew(refresh.clone()).await.unwrap();
    assert_eq!(renewed["AuthenticationResult"].get("RefreshToken"), None);
    service.user_of(renewed["AuthenticationResult"]["AccessToken"].as_str().unwrap()).await.unwrap();
    // A changed token is none, whichever part is changed.
    let forged = format!("{refresh}x");
    assert_eq!(refused(renew(forged).await), "NotAuthorizedException: Invalid Refresh Token");
    let (head, rest) = access.split_once('.').unwrap();
    let other = Claims::read(&access).unwrap();
    assert_eq!(other.text("token_use"), Some("access"));
    assert!(service.user_of(&format!("{head}.e30.{}", rest.rsplit('.').next().unwrap())).await.is_err());

    service.revoke(&world.client, None, &refresh).unwrap();
    assert!(refused(renew(refresh).await).contains("revoked"));
    assert!(service.user_of(&access).await.unwrap_err().message.contains("revoked"));

    let (access, refresh) = sign_in().await;
    service.sign_out(&world.pool, "eve@example.com").unwrap();
    assert!(service.user_of(&access).await.is_err());
    assert!(refused(renew(refresh).await).contains("revoked"));
    let (access, _) = sign_in().await;
    service.delete_user(&world.pool, "eve@example.com").unwrap();
    assert!(service.user_of(&access).await.is_err());
}

#[tokio::test]
async fn a_forgotten_password_is_set_anew_by_a_code() {
    let world = World::by_address();
    let service = world.service();
    service.admin_create_user(&world.pool, "kim@example.com", BTreeMap::new(), Some("Temporary-1")).unwrap();
    service.set_password(&world.pool, "kim@example.com", "Lasting-Pass-2", true).unwrap();
    let name = json!({"Username": "kim@example.com"});
    service.forgot_password(&world.cloud, &world.input(&name)).unwrap();
    let code = world.code("kim@example.com", CodePurpose::ForgotPassword);
    let confirm = |code: &str| {
        service.confirm_forgot_password(
            &world
                .input(&json!({"Username": "kim@example.com", "ConfirmationCode": code, "Password": "Another-Pass-3"})),
        )
    };
    assert!(refused(confirm("x")).starts_with("CodeMismatchException"));
    confirm(&code).unwrap();
    assert!(refused(confirm(&code)).starts_with("ExpiredCodeException"));
    world.sign_in("kim@example.com", "Another-Pass-3").await.unwrap();
    assert!(world.sign_in("kim@example.com", "Lasting-Pass-2").await.is_err());
    // The code is where an operator finds it.
    assert!(world.cloud.logs.group(&format!("/aws/cognito/userpools/{}", world.pool)).is_some());
}

#[tokio::test]
async fn a_client_takes_the_flows_and_the_secret_that_it_has() {
    let world = World::new(&json!({}), &json!({"ClientName": "server", "GenerateSecret": true}));
    let service = world.service();
    service.admin_create_user(&world.pool, "ann", BTreeMap::new(), Some("Temporary-1")).unwrap();
    assert_eq!(
        refused(world.sign_in("ann", "Temporary-1").await),
        "InvalidParameterException: USER_PASSWORD_AUTH flow not enabled for this client"
    );
    let srp = |hash: Option<String>| {
        let mut parameters = json!({"USERNAME": "ann", "SRP_A": "abcdef"});
        if let Some(hash) = hash {
            parameters["SECRET_HASH"] = json!(hash);
        }
        let input = world.input(&json!({"AuthFlow": "USER_SRP_AUTH", "AuthParameters": parameters}));
        async move { service.initiate(&input, None).await }
    };
    assert!(refused(srp(None).await).contains("SECRET_HASH was not received"));
    assert!(refused(srp(Some("wrong".to_owned())).await).contains("Unable to verify secret hash"));
    let secret =
        service.with_pool(&world.pool, |pool| Ok(pool.clients[&world.client].secret.clone())).unwrap().unwrap();
    let mac = srp::mac(secret.as_bytes(), &[b"ann", world.client.as_bytes()]).unwrap();
    let hash = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, mac);
    assert_eq!(srp(Some(hash)).await.unwrap()["ChallengeName"], "PASSWORD_VERIFIER");
    let admin = world.input(&json!({"AuthFlow": "ADMIN_USER_PASSWORD_AUTH"}));
    assert!(refused(service.initiate(&admin, None).await).contains("not supported"));
}

#[test]
fn what_a_pool_cannot_keep_is_refused() {
    let world = World::by_address();
    let create = |fields: Value| {
        let mut input = fields;
        input["PoolName"] = json!("p");
        world.service().create_pool("us-east-1", &input).map(|_| Value::Null)
    };
    assert!(refused(create(json!({"MfaConfiguration": "ON"}))).contains("second factor"));
    assert!(refused(create(json!({"LambdaConfig": {"PreSignUp": "arn"}}))).contains("PreSignUp"));
    let attributes = BTreeMap::from([("custom:level".to_owned(), "3".to_owned())]);
    let made = world.service().admin_create_user(&world.pool, "x@example.com", attributes, None);
    assert!(made.unwrap_err().message.contains("does not exist in the schema"));
    world.service().create_domain(&world.pool, "avatars").unwrap();
    assert!(world.service().delete_pool(&world.pool).unwrap_err().message.contains("domain"));
    assert_eq!(world.service().find_pool("avatars").unwrap(), world.pool);
}

#[test]
fn users_are_listed_by_filter() {
    let user = |name: &str, value: &str| {
        let world = World::new(&json!({}), &json!({}));
        let attributes = BTreeMap::from([("email".to_owned(), value.to_owned())]);
        world.service().admin_create_user(&world.pool, name, attributes, None).unwrap().0
    };
    let ann = user("ann", "ann@example.com");
    for (filter, expected) in [
        ("", true),
        ("email = \"ann@example.com\"", true),
        ("email ^= \"ann@\"", true),
        ("\"email\" ^= \"bob\"", false),
        ("username = \"ann\"", true),
        ("cognito:user_status = \"FORCE_CHANGE_PASSWORD\"", true),
        ("status = \"Disabled\"", false),
    ] {
        assert_eq!(users::matches(filter, &ann), Ok(expected), "{filter}");
    }
    assert!(users::matches("email", &ann).is_err());
    assert!(users::matches("custom:x = \"1\"", &ann).is_err());
}

#[tokio::test]
async fn a_token_needs_no_password_and_makes_its_user() {
    let world = World::by_address();
    let service = world.service();
    let direct = async |name: &str| service.direct_tokens(&world.pool, &world.client, name).await;
    let first = direct("alice").await.unwrap();
    assert_eq!((first.user.as_str(), first.created), ("alice@example.com", true));
    let (_, user, _) = service.user_of(&first.access).await.unwrap();
    assert_eq!((user.status, user.attributes["email_verified"].as_str()), (UserStatus::Confirmed, "true"));
    assert_eq!(Claims::read(&first.id).unwrap().payload["email"], "alice@example.com");
    for name in ["alice", "Alice@Example.com", user.sub.as_str()] {
        let again = direct(name).await.unwrap();
        assert!(!again.created, "{name}");
        assert_eq!(Claims::read(&again.access).unwrap().payload["sub"], user.sub.as_str(), "{name}");
    }

    let refusal = async |name: &str| {
        let error = direct(name).await.unwrap_err();
        format!("{}: {}", error.code, error.message)
    };
    assert_eq!(refusal("+15550100").await, "InvalidParameterException: Username should be an email.");
    service
        .change_user(&world.pool, "alice@example.com", |user| {
            user.enabled = false;
            Ok(())
        })
        .unwrap();
    assert_eq!(refusal("alice").await, "NotAuthorizedException: User is disabled.");
    let input = json!({"Username": "bob@example.com", "Password": "Correct-Horse-1"});
    service.sign_up(&world.cloud, &world.input(&input)).unwrap();
    assert_eq!(refusal("bob").await, "UserNotConfirmedException: User is not confirmed.");
    let error = service.direct_tokens(&world.pool, "nobody", "alice").await.unwrap_err();
    assert_eq!(error.message, "User pool client nobody does not exist.");
}
