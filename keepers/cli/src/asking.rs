//! Asking endpoints one after the other, for whoever only needs an answer from one of them.

use holdfast_rpc::Endpoint;

use crate::output::note;

/// What the first endpoint says that answers. What those before it said instead goes to the error stream.
///
/// # Errors
/// What all of them said, when none answers.
pub async fn first_answer<'a, T>(
    endpoints: impl IntoIterator<Item = &'a Endpoint>,
    ask: impl AsyncFn(&Endpoint) -> Result<T, String>,
) -> Result<T, String> {
    let mut silent: Vec<String> = Vec::new();
    for endpoint in endpoints {
        match ask(endpoint).await {
            Ok(answer) => {
                silent.iter().for_each(note);
                return Ok(answer);
            }
            // What is missing on the chain is missing everywhere.
            Err(reason) if silent.contains(&reason) => {}
            Err(reason) => silent.push(reason),
        }
    }
    Err(silent.join("; "))
}
