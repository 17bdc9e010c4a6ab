//! The school's OpenID Connect provider: discovery, the authorization code flow with PKCE, and whose number it vouches for.
//!
//! What a browser must bring back from the provider (state, nonce, the PKCE verifier) is kept by the browser itself, in a
//! cookie under our hash: nothing is kept by us of whoever only knocks, and any `serve` goes on where another began.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use data_encoding::BASE64URL_NOPAD;
use homeroom_domain::Moment;
use openidconnect::core::{
    CoreAuthenticationFlow, CoreClient, CoreGenderClaim, CoreIdToken, CoreIdTokenClaims,
    CoreProviderMetadata,
};
use openidconnect::{
    AccessToken, AccessTokenHash, AdditionalClaims, AuthorizationCode, ClaimsVerificationError,
    ClientId, ClientSecret, CsrfToken, EndpointMaybeSet, EndpointNotSet, EndpointSet, IssuerUrl,
    Nonce, OAuth2TokenResponse, PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, Scope,
    TokenResponse, UserInfoClaims,
};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};
use tokio::sync::RwLock;

use crate::secret::{Purpose, same};
use crate::service::SignIn;

/// How long the provider may take to answer.
const TIMEOUT: Duration = Duration::from_secs(10);
/// How long somebody may take at the provider.
const FLOW_MS: i64 = 10 * 60_000;
const PREFIX: &str = "hrp";

/// Which provider, and what it knows people by.
#[derive(Debug, Clone)]
pub struct ProviderSettings {
    /// Its issuer, exactly as it names itself: `https://id.school.example`.
    pub issuer: String,
    /// What this service is called there.
    pub client_id: String,
    /// What this service proves itself with, if it was given something.
    pub client_secret: Option<SecretString>,
    /// Where the provider sends browsers back to, as it was told.
    pub redirect: String,
    /// The claim that holds the school number: `preferred_username`, `sub`, or one of its own.
    pub number_claim: String,
}

/// The school's provider. What it says of itself is read when it is first needed, so that it may be away when we start.
pub struct Provider {
    settings: ProviderSettings,
    http: openidconnect::reqwest::Client,
    known: RwLock<Option<Arc<CoreProviderMetadata>>>,
}

impl fmt::Debug for Provider {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Provider")
            .field("issuer", &self.settings.issuer)
            .finish_non_exhaustive()
    }
}

/// Where a browser goes, and what it keeps meanwhile.
#[derive(Debug)]
pub struct ProviderStart {
    /// The provider's page.
    pub url: String,
    /// The cookie's value, good for ten minutes.
    pub cookie: String,
    /// For how many milliseconds.
    pub life_ms: i64,
}

/// Why the provider vouched for nobody.
#[derive(Debug, thiserror::Error)]
pub enum ProviderRefused {
    /// It was not begun in this browser, or too long ago.
    #[error("signing in by the provider was not begun here, or too long ago")]
    NotBegun,
    /// What the provider sent does not prove what it says.
    #[error("what the provider sent is not sound: {0}")]
    Unsound(String),
    /// It says nothing of a school number.
    #[error("the provider does not say the claim {0}")]
    NoNumber(String),
    /// The provider does not answer, or not as it should.
    #[error("the provider cannot be asked: {0}")]
    Unavailable(String),
    /// The settings are impossible.
    #[error("the provider's settings are impossible: {0}")]
    Settings(String),
}

/// What a browser brings back.
#[derive(Debug, Serialize, Deserialize)]
struct Flow {
    state: String,
    nonce: String,
    verifier: String,
    until: Moment,
}

/// Every claim, by name.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
struct AnyClaims(serde_json::Map<String, serde_json::Value>);

impl AdditionalClaims for AnyClaims {}

type Client = CoreClient<
    EndpointSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointNotSet,
    EndpointMaybeSet,
    EndpointMaybeSet,
>;

impl Provider {
    /// Nothing is asked of it yet.
    ///
    /// # Errors
    /// When the settings are impossible.
    pub fn new(settings: ProviderSettings) -> Result<Self, ProviderRefused> {
        let impossible = |error: &dyn fmt::Display| ProviderRefused::Settings(error.to_string());
        IssuerUrl::new(settings.issuer.clone()).map_err(|error| impossible(&error))?;
        RedirectUrl::new(settings.redirect.clone()).map_err(|error| impossible(&error))?;
        let http = openidconnect::reqwest::Client::builder()
            // Whoever follows redirects can be sent anywhere.
            .redirect(openidconnect::reqwest::redirect::Policy::none())
            .timeout(TIMEOUT)
            .build()
            .map_err(|error| impossible(&error))?;
        Ok(Self {
            settings,
            http,
            known: RwLock::new(None),
        })
    }

    /// What the provider says of itself: as it was first said, or anew.
    async fn metadata(&self, anew: bool) -> Result<Arc<CoreProviderMetadata>, ProviderRefused> {
        if let (false, Some(known)) = (anew, &*self.known.read().await) {
            return Ok(Arc::clone(known));
        }
        let issuer = IssuerUrl::new(self.settings.issuer.clone())
            .map_err(|error| ProviderRefused::Settings(error.to_string()))?;
        let said = CoreProviderMetadata::discover_async(issuer, &self.http).await;
        let said = Arc::new(said.map_err(|error| unavailable(&error))?);
        *self.known.write().await = Some(Arc::clone(&said));
        Ok(said)
    }

    fn client(&self, metadata: &CoreProviderMetadata) -> Result<Client, ProviderRefused> {
        let redirect = RedirectUrl::new(self.settings.redirect.clone())
            .map_err(|error| ProviderRefused::Settings(error.to_string()))?;
        let secret = self.settings.client_secret.as_ref();
        let secret = secret.map(|secret| ClientSecret::new(secret.expose_secret().to_owned()));
        let id = ClientId::new(self.settings.client_id.clone());
        let client = CoreClient::from_provider_metadata(metadata.clone(), id, secret);
        Ok(client.set_redirect_uri(redirect))
    }

    /// The claims of an ID token. One signed with a key that the provider has changed to since is read with that.
    async fn claims(
        &self,
        token: &CoreIdToken,
        nonce: &Nonce,
    ) -> Result<CoreIdTokenClaims, ProviderRefused> {
        for anew in [false, true] {
            let client = self.client(&*self.metadata(anew).await?)?;
            match token.claims(&client.id_token_verifier(), nonce) {
                Ok(claims) => return Ok(claims.clone()),
                Err(ClaimsVerificationError::SignatureVerification(_)) if !anew => {}
                Err(error) => return Err(unsound(&error)),
            }
        }
        Err(ProviderRefused::Unsound("its signature".to_owned()))
    }

    /// The school number: in the ID token if the claim is one of the standard's, else at the UserInfo endpoint.
    async fn number(
        &self,
        client: &Client,
        claims: &CoreIdTokenClaims,
        access: &AccessToken,
    ) -> Result<String, ProviderRefused> {
        let name = self.settings.number_claim.as_str();
        let told = match name {
            "sub" => Some(claims.subject().as_str()),
            "preferred_username" => claims.preferred_username().map(|name| name.as_str()),
            "phone_number" => claims.phone_number().map(|phone| phone.as_str()),
            "email" => claims.email().map(|email| email.as_str()),
            _ => None,
        };
        if let Some(told) = told {
            return Ok(told.to_owned());
        }
        let missing = || ProviderRefused::NoNumber(name.to_owned());
        let subject = Some(claims.subject().clone());
        let request = client.user_info(access.clone(), subject);
        let request = request.map_err(|_| missing())?;
        let said: UserInfoClaims<AnyClaims, CoreGenderClaim> = request
            .request_async(&self.http)
            .await
            .map_err(|error| unavailable(&error))?;
        let standard = match name {
            "preferred_username" => said.preferred_username().map(|name| name.as_str()),
            "phone_number" => said.phone_number().map(|phone| phone.as_str()),
            "email" => said.email().map(|email| email.as_str()),
            _ => None,
        };
        let own = said.additional_claims().0.get(name);
        let own = own.and_then(serde_json::Value::as_str);
        standard.or(own).map(str::to_owned).ok_or_else(missing)
    }
}

impl SignIn {
    /// Sends a browser to the provider.
    ///
    /// # Errors
    /// When the provider does not answer.
    pub async fn begin_at_provider(
        &self,
        provider: &Provider,
        at: Moment,
    ) -> Result<ProviderStart, ProviderRefused> {
        let client = provider.client(&*provider.metadata(false).await?)?;
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let (url, state, nonce) = client
            .authorize_url(
                CoreAuthenticationFlow::AuthorizationCode,
                CsrfToken::new_random,
                Nonce::new_random,
            )
            .add_scope(Scope::new("profile".to_owned()))
            .set_pkce_challenge(challenge)
            .url();
        let flow = Flow {
            state: state.into_secret(),
            nonce: nonce.secret().clone(),
            verifier: verifier.into_secret(),
            until: at.plus_ms(FLOW_MS),
        };
        let flow = serde_json::to_vec(&flow).map_err(|error| unsound(&error))?;
        let flow = BASE64URL_NOPAD.encode(&flow);
        let mac = self.flow_mac(&flow);
        Ok(ProviderStart {
            url: url.into(),
            cookie: format!("{PREFIX}.{flow}.{mac}"),
            life_ms: FLOW_MS,
        })
    }

    /// Whose number the provider vouches for, of a browser that has come back with this cookie, code and state.
    ///
    /// # Errors
    /// When the cookie is not ours or too old, the state is another, or what the provider sends is not sound.
    pub async fn finish_at_provider(
        &self,
        provider: &Provider,
        cookie: &str,
        (code, state): (&str, &str),
        at: Moment,
    ) -> Result<String, ProviderRefused> {
        let flow = self.flow(cookie).ok_or(ProviderRefused::NotBegun)?;
        if at >= flow.until || !same(&flow.state, state) {
            return Err(ProviderRefused::NotBegun);
        }
        let client = provider.client(&*provider.metadata(false).await?)?;
        let request = client.exchange_code(AuthorizationCode::new(code.to_owned()));
        let tokens = request
            .map_err(|error| unsound(&error))?
            .set_pkce_verifier(PkceCodeVerifier::new(flow.verifier))
            .request_async(&provider.http)
            .await
            .map_err(|error| match error {
                openidconnect::RequestTokenError::ServerResponse(said) => unsound(&said),
                error => unavailable(&error),
            })?;
        let id_token = tokens.id_token();
        let id_token =
            id_token.ok_or_else(|| ProviderRefused::Unsound("there is no ID token".to_owned()))?;
        let claims = provider.claims(id_token, &Nonce::new(flow.nonce)).await?;
        if let Some(expected) = claims.access_token_hash() {
            let algorithm = id_token.signing_alg().map_err(|error| unsound(&error))?;
            let verifier = client.id_token_verifier();
            let key = id_token.signing_key(&verifier);
            let key = key.map_err(|error| unsound(&error))?;
            let actual = AccessTokenHash::from_token(tokens.access_token(), algorithm, key);
            if actual.map_err(|error| unsound(&error))? != *expected {
                return Err(ProviderRefused::Unsound(
                    "the access token's hash".to_owned(),
                ));
            }
        }
        provider
            .number(&client, &claims, tokens.access_token())
            .await
    }

    fn flow(&self, cookie: &str) -> Option<Flow> {
        let mut parts = cookie.split('.');
        let (prefix, flow, mac) = (parts.next()?, parts.next()?, parts.next()?);
        if prefix != PREFIX || !same(mac, &self.flow_mac(flow)) {
            return None;
        }
        serde_json::from_slice(&BASE64URL_NOPAD.decode(flow.as_bytes()).ok()?).ok()
    }

    fn flow_mac(&self, flow: &str) -> String {
        let parts = [self.school().as_str(), flow].map(str::as_bytes);
        self.secret().keyed_hex(Purpose::ProviderFlow, &parts)
    }
}

fn unsound(error: &dyn fmt::Display) -> ProviderRefused {
    ProviderRefused::Unsound(error.to_string())
}

/// The whole chain of causes: "request failed" by itself helps nobody.
fn unavailable(error: &dyn std::error::Error) -> ProviderRefused {
    let mut said = error.to_string();
    let mut cause = error.source();
    while let Some(why) = cause {
        said.push_str(": ");
        said.push_str(&why.to_string());
        cause = why.source();
    }
    ProviderRefused::Unavailable(said)
}
