//! The names that one run of a command gives to what it asks for, so that asking twice is asking once.

/// What the name of a change set has between the attempt and who made it.
const BY: &str = "-by-";
/// A name of a person or a job in the name of a change set is at most so long: 128 characters are all that such a name has.
const DEPLOYER: usize = 40;

/// One run of a command.
#[derive(Debug, Clone)]
pub(crate) struct Attempt {
    name: String,
    /// Who runs it, as it can stand in a name.
    deployer: String,
}

impl Attempt {
    /// The caller's name, or a random one.
    pub(crate) fn new(name: Option<&str>) -> Self {
        let name = name.map_or_else(|| uuid::Uuid::new_v4().simple().to_string(), str::to_owned);
        Self { name, deployer: String::new() }
    }

    /// The same by somebody whose name `stack ls` tells: CloudFormation names the last change set of a stack, and that names him.
    pub(crate) fn by(self, deployer: Option<&str>) -> Self {
        let words = deployer.unwrap_or_default().split(|character: char| !character.is_ascii_alphanumeric());
        let mut deployer = words.filter(|word| !word.is_empty()).collect::<Vec<_>>().join("-");
        deployer.truncate(DEPLOYER);
        Self { deployer, ..self }
    }

    pub(crate) fn change_set_name(&self) -> String {
        let by = if self.deployer.is_empty() { "" } else { BY };
        format!("stack-{}{by}{}", self.name, self.deployer)
    }

    pub(crate) fn create_token(&self) -> String {
        format!("stack-create-{}", self.name)
    }

    pub(crate) fn execute_token(&self) -> String {
        format!("stack-exec-{}", self.name)
    }

    pub(crate) fn delete_token(&self) -> String {
        format!("stack-delete-{}", self.name)
    }

    pub(crate) fn cancel_token(&self) -> String {
        format!("stack-cancel-{}", self.name)
    }

    pub(crate) fn rollback_token(&self) -> String {
        format!("stack-rollback-{}", self.name)
    }

    /// For the stack that holds the artifact bucket.
    pub(crate) fn artifacts_token(&self) -> String {
        format!("stack-artifacts-{}", self.name)
    }

    pub(crate) fn invalidation_reference(&self, logical_id: &str) -> String {
        format!("stack-{}-{logical_id}", self.name)
    }
}

/// Who made a change set, by its ARN (`arn:...:changeSet/NAME/ID`); nothing where another program did.
pub(crate) fn deployer_of(change_set_id: &str) -> Option<String> {
    let name = change_set_id.split_once(":changeSet/")?.1.split('/').next()?;
    let (_, deployer) = name.strip_prefix("stack-")?.split_once(BY)?;
    Some(deployer.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_set_names_who_made_it() {
        let of = |deployer: &str| {
            let name = Attempt::new(Some("one")).by(Some(deployer)).change_set_name();
            assert!(
                name.len() <= 128 && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-'),
                "{name}"
            );
            deployer_of(&format!("arn:aws:cloudformation:eu-central-1:123456789012:changeSet/{name}/1234"))
        };
        assert_eq!(of("alice").as_deref(), Some("alice"));
        assert_eq!(of(r"CORP\bob smith").as_deref(), Some("CORP-bob-smith"));
        assert_eq!(of("stand-by-me").as_deref(), Some("stand-by-me"));
        assert_eq!(of(&"x".repeat(300)).map(|name| name.len()), Some(DEPLOYER));
        assert_eq!(of("ж"), None);
        for other in ["arn:aws:cloudformation:r:a:changeSet/cdk-deploy-change-set/1", "x", ""] {
            assert_eq!(deployer_of(other), None, "{other}");
        }
    }
}
