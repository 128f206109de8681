//! A headless Chromium, spoken to over its DevTools protocol.

use std::io::{BufRead, BufReader};
use std::net::TcpStream;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::{Message, WebSocket, client};

/// What a browser may be called.
const NAMES: [&str; 4] = ["chromium", "chromium-browser", "google-chrome", "chrome"];
/// A browser that has not answered by then never will.
const PATIENCE: Duration = Duration::from_secs(60);

/// How a page is looked at.
#[derive(Clone, Copy, Debug)]
pub struct View {
    /// Width, pixels.
    pub width: u64,
    /// Whether the reader prefers dark.
    pub dark: bool,
}

/// What was seen.
pub struct Seen {
    /// Errors in the console, and scripts that failed.
    pub errors: Vec<String>,
    /// How wide the content is, pixels.
    pub content_width: u64,
    /// Tables of which one sees a part only, without scrolling.
    pub cut_tables: u64,
    /// Whether the paper is dark.
    pub is_dark: bool,
    /// Pictures on the page.
    pub pictures: u64,
    /// A picture of all of it, PNG.
    pub screenshot: Vec<u8>,
}

/// A browser with one page.
pub struct Browser {
    process: Child,
    socket: WebSocket<TcpStream>,
    next: u64,
    /// What it told without being asked.
    events: Vec<Value>,
}

impl Drop for Browser {
    fn drop(&mut self) {
        // It may have ended by itself.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

impl Browser {
    /// Starts the first browser found.
    ///
    /// # Errors
    /// That there is none, or why it cannot be spoken to.
    pub fn start() -> Result<Self, String> {
        let started = NAMES.iter().find_map(|name| start(name).ok());
        let mut process =
            started.ok_or("no Chromium was found: `cargo xtask setup` installs one")?;
        let output = process.stderr.take().ok_or("the browser says nothing")?;
        let mut lines = BufReader::new(output).lines();
        let address = lines
            .by_ref()
            .map_while(Result::ok)
            .find_map(|line| {
                line.strip_prefix("DevTools listening on ws://").map(ToOwned::to_owned)
            })
            .ok_or("the browser ended before it could be spoken to")?;
        // It must be able to go on writing.
        std::thread::spawn(move || lines.for_each(drop));
        let (host, _) = address.split_once('/').ok_or("an address without a path")?;
        let stream = TcpStream::connect(host).map_err(|error| error.to_string())?;
        stream.set_read_timeout(Some(PATIENCE)).map_err(|error| error.to_string())?;
        let (socket, _) =
            client(format!("ws://{address}"), stream).map_err(|error| error.to_string())?;
        Ok(Self { process, socket, next: 0, events: Vec::new() })
    }

    /// Opens a page in a tab of its own and looks at it.
    ///
    /// # Errors
    /// What the browser said.
    pub fn open(&mut self, page: &Path, view: View) -> Result<Seen, String> {
        self.events.clear();
        let made = self.ask(None, "Target.createTarget", json!({ "url": "about:blank" }))?;
        let target = json!({ "targetId": made["targetId"], "flatten": true });
        let session = self.ask(None, "Target.attachToTarget", target)?;
        let session = session["sessionId"].as_str().ok_or("no session")?.to_owned();
        for domain in ["Page.enable", "Runtime.enable", "Log.enable"] {
            self.ask(Some(&session), domain, json!({}))?;
        }
        let View { width, dark } = view;
        let size =
            json!({ "width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 700 });
        self.ask(Some(&session), "Emulation.setDeviceMetricsOverride", size)?;
        let shade = if dark { "dark" } else { "light" };
        let media = json!({ "features": [{ "name": "prefers-color-scheme", "value": shade }] });
        self.ask(Some(&session), "Emulation.setEmulatedMedia", media)?;
        let url = format!("file://{}", page.display());
        self.ask(Some(&session), "Page.navigate", json!({ "url": url }))?;
        while !self.events.iter().any(|event| event["method"] == "Page.loadEventFired") {
            self.read()?;
        }
        let look = "[document.documentElement.scrollWidth, document.querySelectorAll('svg').length, \
                    getComputedStyle(document.body).backgroundColor.match(/\\d+/g).slice(0, 3)\
                    .every(part => part < 90), \
                    [...document.querySelectorAll('.wide')]\
                    .filter(box => box.scrollWidth > box.clientWidth).length]";
        let asked = json!({ "expression": look, "returnByValue": true });
        let found = self.ask(Some(&session), "Runtime.evaluate", asked)?;
        let found = &found["result"]["value"];
        let asked = json!({ "format": "png", "captureBeyondViewport": true });
        let picture = self.ask(Some(&session), "Page.captureScreenshot", asked)?;
        let picture = picture["data"].as_str().ok_or("no picture")?;
        let errors = self.events.iter().filter_map(error).collect();
        self.ask(None, "Target.closeTarget", json!({ "targetId": made["targetId"] }))?;
        Ok(Seen {
            errors,
            content_width: found[0].as_u64().ok_or("no width")?,
            pictures: found[1].as_u64().ok_or("no pictures")?,
            is_dark: found[2].as_bool().ok_or("no colour")?,
            cut_tables: found[3].as_u64().ok_or("no tables")?,
            screenshot: STANDARD.decode(picture).map_err(|error| error.to_string())?,
        })
    }

    fn ask(&mut self, session: Option<&str>, method: &str, params: Value) -> Result<Value, String> {
        self.next += 1;
        let mut asked = json!({ "id": self.next, "method": method, "params": params });
        if let Some(session) = session {
            asked["sessionId"] = json!(session);
        }
        let text = Message::text(asked.to_string());
        self.socket.send(text).map_err(|error| error.to_string())?;
        loop {
            if let Some(mut answer) = self.read()? {
                if let Some(error) = answer.get("error") {
                    return Err(format!("{method}: {error}"));
                }
                return Ok(answer["result"].take());
            }
        }
    }

    /// Reads a message: the answer to the last question, or an event, which is kept.
    fn read(&mut self) -> Result<Option<Value>, String> {
        let message = self.socket.read().map_err(|error| error.to_string())?;
        let Message::Text(text) = message else { return Ok(None) };
        let value: Value = serde_json::from_str(&text).map_err(|error| error.to_string())?;
        if value["id"] == self.next {
            return Ok(Some(value));
        }
        self.events.push(value);
        Ok(None)
    }
}

fn start(name: &str) -> std::io::Result<Child> {
    let profile = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!(
        "browser-{}-{:?}",
        std::process::id(),
        std::thread::current().id()
    ));
    let mut command = Command::new(name);
    command.args(["--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]);
    command.args(["--remote-debugging-port=0", "--no-first-run", "--hide-scrollbars"]);
    command.arg(format!("--user-data-dir={}", profile.display()));
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn()
}

/// What an event says went wrong.
fn error(event: &Value) -> Option<String> {
    let params = &event["params"];
    match event["method"].as_str()? {
        "Runtime.exceptionThrown" => Some(params["exceptionDetails"].to_string()),
        "Runtime.consoleAPICalled" if params["type"] == "error" => Some(params["args"].to_string()),
        "Log.entryAdded" if params["entry"]["level"] == "error" => {
            Some(params["entry"].to_string())
        }
        _ => None,
    }
}
