//! Signing in by the school's provider: a real OpenID Connect provider, walked through as a browser walks.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::net::{Ipv4Addr, SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use homeroom_sign_in::{Provider as OurProvider, ProviderSettings};
use reqwest::header::{COOKIE, LOCATION, SET_COOKIE};
use reqwest::redirect::Policy;
use reqwest::{Response, Url};

use crate::harness::School;

/// A running provider.
struct Provider {
    process: Child,
    issuer: String,
}

impl Provider {
    /// Starts one for a server; the claims of people stand in the ID token, or at its UserInfo endpoint alone.
    fn start(server: SocketAddr, where_: &str) -> Self {
        let free = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = free.local_addr().unwrap().port();
        drop(free);
        let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "../../.tools/oidc-provider"]
            .iter()
            .collect();
        let mut process = Command::new(folder.join("node"))
            .arg(folder.join("provider.mjs"))
            .args([port.to_string(), back(server), where_.to_owned()])
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("ops/get-oidc-provider gets one");
        let mut said = String::new();
        let mut out = BufReader::new(process.stdout.take().unwrap());
        while !said.contains("listening") {
            assert_ne!(out.read_line(&mut said).unwrap(), 0, "it ended: {said}");
        }
        // What it says is read on: a pipe that nobody reads ends it.
        std::thread::spawn(move || out.lines().map_while(Result::ok).for_each(drop));
        let issuer = format!("http://127.0.0.1:{port}");
        Self { process, issuer }
    }

    /// How a server of ours knows it.
    fn known(&self, server: SocketAddr, claim: &str) -> OurProvider {
        OurProvider::new(ProviderSettings {
            issuer: self.issuer.clone(),
            client_id: "homeroom".to_owned(),
            client_secret: Some("a secret of the tests".into()),
            redirect: back(server),
            number_claim: claim.to_owned(),
        })
        .unwrap()
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

fn back(server: SocketAddr) -> String {
    format!("http://{server}/v1/sign-in/provider/back")
}

/// A browser: follows nobody by itself, and keeps each host's cookies.
struct Browser {
    client: reqwest::Client,
    cookies: BTreeMap<(u16, String), String>,
}

impl Browser {
    fn new() -> Self {
        let client = reqwest::Client::builder().redirect(Policy::none());
        Self {
            client: client.build().unwrap(),
            cookies: BTreeMap::new(),
        }
    }

    async fn get(&mut self, url: &Url) -> Response {
        let request = self.client.get(url.clone());
        self.send(url, request).await
    }

    async fn post(&mut self, url: &Url, form: &str) -> Response {
        let request = self.client.post(url.clone()).body(form.to_owned());
        let request = request.header("Content-Type", "application/x-www-form-urlencoded");
        self.send(url, request).await
    }

    async fn send(&mut self, url: &Url, request: reqwest::RequestBuilder) -> Response {
        let port = url.port().unwrap();
        let of_host = self.cookies.iter().filter(|((of, _), _)| *of == port);
        let pairs: Vec<String> = of_host
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let response = request
            .header(COOKIE, pairs.join("; "))
            .send()
            .await
            .unwrap();
        for set in response.headers().get_all(SET_COOKIE) {
            let set = set.to_str().unwrap();
            let (name, value) = set.split(';').next().unwrap().split_once('=').unwrap();
            let name = (port, name.to_owned());
            if value.is_empty() {
                self.cookies.remove(&name);
            } else {
                self.cookies.insert(name, value.to_owned());
            }
        }
        response
    }

    /// Goes where it is sent until it comes to our own door again: the address it is sent there with.
    async fn walk(&mut self, server: SocketAddr, number: &str) -> Url {
        let mut url = Url::parse(&format!("http://{server}/v1/sign-in/provider")).unwrap();
        let mut response = self.get(&url).await;
        for _ in 0..12 {
            url = match response.headers().get(LOCATION) {
                Some(to) => url.join(to.to_str().unwrap()).unwrap(),
                None => url,
            };
            if response.status().is_redirection() {
                if url.path().ends_with("/provider/back") {
                    return url;
                }
                response = self.get(&url).await;
                continue;
            }
            // The page for signing in, then the one for consenting.
            let page = response.text().await.unwrap();
            let form = if page.contains("value=\"login\"") {
                format!("prompt=login&login={number}&password=any")
            } else {
                assert!(page.contains("value=\"consent\""), "{url}: {page}");
                "prompt=consent".to_owned()
            };
            response = self.post(&url, &form).await;
        }
        panic!("it never came back; at {url}");
    }
}

/// A school with a provider; the number of the server that knows it.
async fn school(where_: &str, claim: &str) -> (School, Provider, usize) {
    let mut school = School::open().await;
    let mut provider = None;
    let server = school
        .serve_with(|server| {
            let started = Provider::start(server, where_);
            let known = started.known(server, claim);
            provider = Some(started);
            Some(known)
        })
        .await;
    (school, provider.unwrap(), server)
}

/// The code of a refusal.
async fn problem(response: Response) -> (u16, String) {
    let status = response.status().as_u16();
    let body: serde_json::Value = response.json().await.unwrap();
    let type_ = body["type"].as_str().unwrap_or_default();
    (
        status,
        type_.rsplit('/').next().unwrap_or_default().to_owned(),
    )
}

#[tokio::test]
async fn whom_the_provider_vouches_for_is_signed_in_by_the_number_it_says() {
    for (where_, claim) in [
        ("id_token", "preferred_username"),
        ("userinfo", "preferred_username"),
        ("userinfo", "employee_number"),
    ] {
        let (school, _provider, server) = school(where_, claim).await;
        let address = school.address(server);
        let mut browser = Browser::new();
        let back = browser.walk(address, "T1").await;
        let signed_in = browser.get(&back).await;
        assert_eq!(signed_in.status(), 303, "{where_} {claim}");
        let me = back.join(signed_in.headers()[LOCATION].to_str().unwrap());
        let me: serde_json::Value = browser.get(&me.unwrap()).await.json().await.unwrap();
        assert_eq!(me["who"]["name"], "甲老师", "{where_} {claim}: {me:#}");
        // What was brought back is good once: the provider takes its code no second time.
        let again = browser.get(&back).await;
        assert_ne!(again.status(), 303);
    }
}

#[tokio::test]
async fn what_another_browser_began_or_a_stranger_made_up_signs_nobody_in() {
    let (school, _provider, server) = school("id_token", "preferred_username").await;
    let address = school.address(server);
    let mut browser = Browser::new();
    let back = browser.walk(address, "T1").await;
    // Somebody is made to follow a link that another began.
    let victim = Browser::new().get(&back).await;
    assert_eq!(
        problem(victim).await,
        (400, "provider-not-begun".to_owned())
    );
    let mut other_state = back.clone();
    let code = back
        .query_pairs()
        .find(|(name, _)| name == "code")
        .unwrap()
        .1;
    other_state.set_query(Some(&format!("code={code}&state=made-up")));
    let refused = browser.get(&other_state).await;
    assert_eq!(
        problem(refused).await,
        (400, "provider-not-begun".to_owned())
    );
    let mut other_code = back.clone();
    let state = back
        .query_pairs()
        .find(|(name, _)| name == "state")
        .unwrap()
        .1;
    other_code.set_query(Some(&format!("code=made-up&state={state}")));
    let refused = browser.get(&other_code).await;
    assert_eq!(problem(refused).await, (502, "provider-unsound".to_owned()));
    let mut denied = back.clone();
    denied.set_query(Some("error=access_denied&state=x"));
    let refused = browser.get(&denied).await;
    assert_eq!(problem(refused).await, (403, "provider-refused".to_owned()));
    // The cookie of the flow is ours alone to make.
    for value in browser.cookies.values_mut() {
        *value = value.replace('a', "b");
    }
    let forged = browser.get(&back).await;
    assert_eq!(
        problem(forged).await,
        (400, "provider-not-begun".to_owned())
    );
}

#[tokio::test]
async fn whom_the_provider_knows_and_the_roster_does_not_is_told_so() {
    let (school, provider, server) = school("id_token", "preferred_username").await;
    let address = school.address(server);
    for stranger in ["T9999", "admin"] {
        let mut browser = Browser::new();
        let back = browser.walk(address, stranger).await;
        let refused = browser.get(&back).await;
        assert_eq!(
            problem(refused).await,
            (403, "nobody-of-provider".to_owned()),
            "{stranger}"
        );
    }
    let url = Url::parse(&format!("http://{address}/v1/sign-in/provider")).unwrap();
    // It said what it is once; now it is away.
    drop(provider);
    let mut browser = Browser::new();
    assert_eq!(browser.get(&url).await.status(), 303);
    let none = format!("http://{}/v1/sign-in/provider", school.address(0));
    let none = browser.get(&Url::parse(&none).unwrap()).await;
    assert_eq!(problem(none).await, (404, "no-provider".to_owned()));
}

#[tokio::test]
async fn a_provider_that_is_away_is_said_to_be() {
    let mut school = School::open().await;
    let server = school
        .serve_with(|server| {
            let mut gone = Provider::start(server, "id_token");
            gone.process.kill().unwrap();
            Some(gone.known(server, "sub"))
        })
        .await;
    let url = format!("http://{}/v1/sign-in/provider", school.address(server));
    let away = Browser::new().get(&Url::parse(&url).unwrap()).await;
    assert_eq!(
        problem(away).await,
        (502, "provider-unavailable".to_owned())
    );
}
