//! What a host is asked.

/// What a host is asked, below whatever path its address has.
pub struct Question {
    /// The rest of the path.
    pub path: Vec<String>,
    /// What stands behind it.
    pub query: Vec<(String, String)>,
}
