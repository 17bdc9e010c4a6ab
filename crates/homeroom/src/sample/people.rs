//! The sample's people, each signed in once: without passwords, which a thousand of them would have to choose first.

use std::collections::HashMap;
use std::time::{Duration, Instant};

use homeroom_server::{NoSession, SessionsWithoutPassword};
use serde_json::Value;

use crate::api::{Answer, Api};

/// How long the directory may take to know somebody who was imported.
const KNOWN_TIMEOUT: Duration = Duration::from_secs(30);
const KNOWN_INTERVAL: Duration = Duration::from_millis(20);

/// The sample's people.
pub(super) struct People {
    api: Api,
    sessions: SessionsWithoutPassword,
    tokens: HashMap<String, String>,
}

impl People {
    pub(super) fn new(api: Api, sessions: SessionsWithoutPassword) -> Self {
        Self {
            api,
            sessions,
            tokens: HashMap::new(),
        }
    }

    /// The token of somebody's sign-in session.
    pub(super) async fn token(&mut self, number: &str) -> anyhow::Result<String> {
        if let Some(token) = self.tokens.get(number) {
            return Ok(token.clone());
        }
        let end = Instant::now() + KNOWN_TIMEOUT;
        let token = loop {
            match self.sessions.token(number).await {
                Err(NoSession::Nobody(_) | NoSession::Directory(_)) if Instant::now() < end => {
                    tokio::time::sleep(KNOWN_INTERVAL).await;
                }
                token => break token?,
            }
        };
        self.tokens.insert(number.to_owned(), token.clone());
        Ok(token)
    }

    pub(super) async fn get(&mut self, who: &str, path: &str) -> anyhow::Result<Answer> {
        let token = self.token(who).await?;
        self.api.get(&token, path).await
    }

    pub(super) async fn get_after(
        &mut self,
        who: &str,
        path: &str,
        position: u64,
    ) -> anyhow::Result<Answer> {
        let token = self.token(who).await?;
        self.api.get_after(&token, path, position).await
    }

    pub(super) async fn post(
        &mut self,
        who: &str,
        key: &str,
        path: &str,
        body: &Value,
    ) -> anyhow::Result<Answer> {
        let token = self.token(who).await?;
        self.api.post(&token, key, path, body).await
    }

    pub(super) async fn import(
        &mut self,
        key: &str,
        files: &[(&'static str, Vec<u8>)],
    ) -> anyhow::Result<Answer> {
        let token = self.token("admin").await?;
        self.api.import(&token, key, files).await
    }

    pub(super) async fn set_clock(&mut self, now: &str) -> anyhow::Result<Answer> {
        let token = self.token("admin").await?;
        self.api.set_clock(&token, now).await
    }
}
