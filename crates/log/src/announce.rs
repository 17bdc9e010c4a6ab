//! Hints over core NATS that something has moved. A hint may be lost; whoever waits for one also looks by itself.

use async_nats::Subscriber;
use futures::{Stream, StreamExt};
use homeroom_domain::SchoolId;

use crate::commit::Position;
use crate::connection::Connection;

/// The subject on which the log's head is announced.
pub(crate) fn head_subject(school: &SchoolId) -> String {
    format!("hr_head.{school}")
}

fn view_subject(school: &SchoolId, name: &str) -> String {
    format!("hr_view.{school}.{name}")
}

pub(crate) async fn announce(connection: &Connection, subject: String, position: Position) {
    // A hint that cannot be sent is a hint that is lost.
    let _ = connection
        .client
        .publish(subject, position.to_string().into())
        .await;
}

pub(crate) async fn announce_view(
    connection: &Connection,
    school: &SchoolId,
    name: &str,
    position: Position,
) {
    announce(connection, view_subject(school, name), position).await;
}

pub(crate) async fn heads(connection: &Connection, school: &SchoolId) -> Option<Subscriber> {
    connection.client.subscribe(head_subject(school)).await.ok()
}

/// The positions that projections announce, with their names.
pub(crate) async fn views(
    connection: &Connection,
    school: &SchoolId,
) -> impl Stream<Item = (String, Position)> + use<> {
    let hints = connection
        .client
        .subscribe(view_subject(school, "*"))
        .await
        .ok();
    futures::stream::iter(hints)
        .flatten()
        .filter_map(|message| {
            let name = message.subject.rsplit('.').next().map(str::to_owned);
            let position = std::str::from_utf8(&message.payload)
                .ok()
                .and_then(|text| text.parse().ok())
                .map(Position);
            std::future::ready(name.zip(position))
        })
}
