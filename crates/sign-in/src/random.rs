//! Random bits from the system.

/// The system gives no random numbers: nothing secret can be made.
#[derive(Debug, Clone, thiserror::Error)]
#[error("no random numbers: {0}")]
pub struct RandomError(String);

pub(crate) fn bytes<const N: usize>() -> Result<[u8; N], RandomError> {
    let mut bytes = [0; N];
    getrandom::fill(&mut bytes).map_err(|error| RandomError(error.to_string()))?;
    Ok(bytes)
}
