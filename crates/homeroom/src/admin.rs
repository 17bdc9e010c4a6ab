//! `homeroom admin`: the administrator's way in, for whoever has the data folder.

use anyhow::Context;
use homeroom_domain::Moment;
use homeroom_server::administrator;
use homeroom_sign_in::CreateAdminError;
use serde_json::json;

use crate::cli::Place;
use crate::exit::Exit;
use crate::reach::{Alone, reach};
use crate::say;
use crate::serve::open_sign_in;

/// The administrator's account, the first one there is: imports the roster, appoints IT admins, gives first passwords.
#[derive(Debug, clap::Subcommand)]
pub(crate) enum Command {
    Create(Create),
}

/// Gives the administrator a first password, shown once: sign in as `admin` with it and choose another.
///
/// Works on a running service, or on a data folder on which nothing runs. Once the administrator has a password it is
/// refused, unless --again is said: then the password and every session of before are gone.
#[derive(Debug, clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    place: Place,
    /// The password was lost: give a first one again.
    #[arg(long)]
    again: bool,
    /// Print it as JSON.
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(command: Command) -> anyhow::Result<()> {
    let Command::Create(args) = command;
    let reached = reach(&args.place, "serve", Alone::StartServer).await?;
    let sign_in = open_sign_in(&reached.connection, &reached.log).await?;
    let now = Moment::from_unix_ms(chrono::Utc::now().timestamp_millis());
    let password = if args.again {
        let given = sign_in.give_first_password(&administrator(), now).await;
        given.context("giving the administrator a first password")?
    } else {
        let created = sign_in.create_admin(&administrator(), now).await;
        created.map_err(|error| match error {
            CreateAdminError::HasPassword => Exit::Refused.because(
                "the administrator has a password already; if it is lost, --again gives a first one again and ends every session",
            ),
            CreateAdminError::Failed(error) => Exit::Unavailable.because(error),
        })?
    };
    if args.json {
        say::json(&json!({"number": "admin", "first_password": password.expose()}));
    } else {
        say::line(format_args!(
            "sign in as admin with the first password {} and choose one of your own: homeroom sign-in admin",
            password.expose()
        ));
    }
    Ok(())
}
