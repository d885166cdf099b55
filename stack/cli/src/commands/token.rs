//! `stack token`: a token of a user of the local cloud, to try authorized routes with.

use stack_local::DEFAULT_ACCOUNT;

use super::near;
use crate::arguments::{Settings, TokenArguments};
use crate::cloud_client::{self, WantedToken};
use crate::error::{CliError, UserPoolError};
use crate::project::ProjectFiles;
use crate::report::Report;
use crate::target;
use crate::user_pools::{Client, UserPool, user_pools};

pub(super) fn run(settings: &Settings, arguments: TokenArguments) -> Result<Report, CliError> {
    let files = ProjectFiles::read(settings)?;
    let TokenArguments { user, pool, client, id, parameters } = arguments;
    let plan = files.plan(settings, &parameters.into_map(), Some(DEFAULT_ACCOUNT.to_owned()))?;
    let pools = user_pools(&plan);
    let pool = chosen_pool(&pools, pool.as_deref(), &files.file_name)?;
    let client = chosen_client(pool, client.as_deref())?;
    let url = target::local_endpoint(settings, &files, &plan)?;
    let wanted = WantedToken { stack: &plan.stack_name, pool: &pool.id, client: &client.id, user: &user };
    let tokens = cloud_client::fetch_token(&url, &wanted)?;
    Ok(Report::Token {
        pool: pool.name.clone(),
        client: client.name.clone(),
        user: tokens.user,
        created: tokens.created,
        token: if id { tokens.id_token } else { tokens.access_token },
        expires_in: tokens.expires_in,
    })
}

fn chosen_pool<'a>(pools: &'a [UserPool], name: Option<&str>, file: &str) -> Result<&'a UserPool, CliError> {
    let names: Vec<&str> = pools.iter().map(|pool| pool.name.as_str()).collect();
    match (pools, name) {
        ([], _) => Err(UserPoolError::UserPoolMissing { file: file.to_owned() }.into()),
        ([only], None) => Ok(only),
        (_, None) => Err(UserPoolError::UserPoolAmbiguous { file: file.to_owned(), names: names.join(", ") }.into()),
        (_, Some(name)) => pools
            .iter()
            .find(|pool| pool.name == name)
            .ok_or_else(|| UserPoolError::UserPoolUnknown { name: name.to_owned(), help: near(name, &names) }.into()),
    }
}

fn chosen_client<'a>(pool: &'a UserPool, name: Option<&str>) -> Result<&'a Client, CliError> {
    let names: Vec<&str> = pool.clients.iter().map(|client| client.name.as_str()).collect();
    match (pool.clients.first(), name) {
        (None, _) => Err(UserPoolError::UserPoolWithoutClient { pool: pool.name.clone() }.into()),
        (Some(first), None) => Ok(first),
        (Some(_), Some(name)) => pool.clients.iter().find(|client| client.name == name).ok_or_else(|| {
            UserPoolError::ClientUnknown { name: name.to_owned(), pool: pool.name.clone(), help: near(name, &names) }
                .into()
        }),
    }
}
