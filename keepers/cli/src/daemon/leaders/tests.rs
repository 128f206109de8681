use std::net::SocketAddr;
use std::sync::atomic::Ordering::Relaxed;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::body::Body;
use axum::http::Response;
use holdfast_client::Pubkey;
use holdfast_keeper_core::keeper::{Command, Io, Report};
use quinn::crypto::rustls::QuicServerConfig;
use quinn::rustls::pki_types::CertificateDer;
use serde_json::{Value, json};
use solana_keypair::{Keypair, keypair_from_seed};
use solana_signer::Signer;
use solana_tls_utils::{
    get_pubkey_from_tls_certificate, new_dummy_x509_certificate, tls_server_config_builder,
};
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;

use super::Counts;
use crate::daemon::io::RpcIo;
use crate::loopback::{page, report, result, serve, transaction};

const LEADER: Pubkey = Pubkey::new_from_array([6; 32]);

/// A leader: what it takes over QUIC, and from whom.
struct Leader {
    address: SocketAddr,
    taken: mpsc::UnboundedReceiver<(Vec<u8>, Option<Pubkey>)>,
}

impl Leader {
    fn new() -> Self {
        let (certificate, key) = new_dummy_x509_certificate(&Keypair::new());
        let tls = tls_server_config_builder().with_single_cert(vec![certificate], key);
        let mut tls = tls.expect("a certificate");
        tls.alpn_protocols = vec![b"solana-tpu".to_vec()];
        let quic = QuicServerConfig::try_from(tls).expect("QUIC's ciphers");
        let config = quinn::ServerConfig::with_crypto(Arc::new(quic));
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let endpoint = quinn::Endpoint::server(config, any).expect("a port");
        let address = endpoint.local_addr().expect("its address");
        let (tell, taken) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(incoming) = endpoint.accept().await {
                tokio::spawn(Self::take(incoming, tell.clone()));
            }
        });
        Self { address, taken }
    }

    /// Takes one transaction per stream, as leaders do.
    async fn take(
        incoming: quinn::Incoming,
        tell: mpsc::UnboundedSender<(Vec<u8>, Option<Pubkey>)>,
    ) {
        let connection = incoming.await.expect("a handshake");
        let certificates = connection.peer_identity().expect("it shows a certificate");
        let certificates: Box<Vec<CertificateDer>> = certificates.downcast().expect("X.509");
        let identity = get_pubkey_from_tls_certificate(&certificates[0]);
        while let Ok(mut stream) = connection.accept_uni().await {
            let bytes = stream.read_to_end(1_232).await.expect("a transaction");
            // The test is over.
            let _ = tell.send((bytes, identity));
        }
    }
}

/// What the endpoint knows of the cluster; `None`: it answers 500.
#[derive(Clone, Default)]
struct Cluster {
    ports: Arc<Mutex<Option<Vec<SocketAddr>>>>,
    leaders: Arc<Mutex<bool>>,
}

/// An edge with one endpoint that sends to leaders as well.
struct Scene {
    edge: RpcIo,
    counts: Arc<Counts>,
    cluster: Cluster,
    reports: watch::Sender<(Instant, Report)>,
    /// Methods that the endpoint was asked for, and those that nobody has waited for yet.
    asked: mpsc::UnboundedReceiver<String>,
    before: Vec<String>,
}

impl Scene {
    async fn new(ports: Option<Vec<SocketAddr>>) -> Self {
        let cluster = Cluster { ports: Arc::new(Mutex::new(ports)), ..Cluster::default() };
        *cluster.leaders.lock().expect("nobody panics") = true;
        let (tell, asked) = mpsc::unbounded_channel();
        let known = cluster.clone();
        let endpoint = serve(move |_, request| {
            let method = request["method"].as_str().unwrap_or_default().to_owned();
            let answer = known.answer(&method, &request);
            // The test is over.
            let _ = tell.send(method);
            answer
        })
        .await;
        let (events, _) = mpsc::channel(16);
        let mut edge = RpcIo::new(vec![endpoint], Vec::new(), events);
        let first = Report { slot: 1_000, ..report() };
        let (reports, watched) = watch::channel((Instant::now(), first));
        let counts = Arc::new(Counts::default());
        edge.reach_leaders(identity(), watched, counts.clone());
        Self { edge, counts, cluster, reports, asked, before: Vec::new() }
    }

    fn send(&mut self) {
        let (endpoints, transaction) = (vec![0], transaction());
        self.edge.begin(Command::Send { endpoints, transaction });
    }

    /// Sends until the leader takes one: what a service has when it ends is lost.
    async fn sends_until_taken(&mut self, leader: &mut Leader) -> Vec<u8> {
        loop {
            self.send();
            self.is_asked("sendTransaction").await;
            if let Ok((bytes, _)) = leader.taken.try_recv() {
                return bytes;
            }
        }
    }

    /// Waits until the endpoint was asked for something.
    async fn is_asked(&mut self, method: &str) {
        while !self.before.iter().any(|before| before == method) {
            self.before.push(self.asked.recv().await.expect("it serves"));
        }
        let found = self.before.iter().position(|before| before == method);
        self.before.remove(found.expect("it is there"));
    }

    fn slot(&self, slot: u64) {
        self.reports.send_modify(|(_, report)| report.slot = slot);
    }

    /// Stops; what was sent, failed and was dropped, and how often the service was started.
    async fn stop(self) -> [u64; 4] {
        self.edge.stop().await;
        let Counts { sent, failed, dropped, starts } = &*self.counts;
        [sent, failed, dropped, starts].map(|count| count.load(Relaxed))
    }
}

impl Cluster {
    fn answer(&self, method: &str, request: &Value) -> Response<Body> {
        let said = match method {
            "getClusterNodes" => self.ports.lock().expect("nobody panics").as_ref().map(|ports| {
                let node = |port: &SocketAddr| {
                    json!({"pubkey": LEADER.to_string(), "tpuQuic": port.to_string()})
                };
                json!(ports.iter().map(node).collect::<Vec<_>>())
            }),
            "getEpochSchedule" => Some(json!({
                "slotsPerEpoch": 432_000, "leaderScheduleSlotOffset": 432_000, "warmup": false,
                "firstNormalEpoch": 0, "firstNormalSlot": 0,
            })),
            "getSlotLeaders" => {
                let known = *self.leaders.lock().expect("nobody panics");
                known.then(|| json!(vec![LEADER.to_string(); 104]))
            }
            "sendTransaction" => Some(json!(transaction().signatures[0].to_string())),
            _ => None,
        };
        said.map_or_else(|| page(500, "it went wrong"), |said| result(request, said))
    }
}

fn identity() -> Keypair {
    keypair_from_seed(&[7; 32]).expect("32 bytes")
}

fn bytes() -> Vec<u8> {
    bincode::serialize(&transaction()).expect("it is written")
}

#[tokio::test]
async fn leaders_get_what_endpoints_get() {
    let mut leader = Leader::new();
    let mut scene = Scene::new(Some(vec![leader.address])).await;
    scene.send();
    scene.is_asked("sendTransaction").await;
    let (taken, from) = leader.taken.recv().await.expect("it serves");
    assert_eq!((taken, from), (bytes(), Some(identity().pubkey())));
    scene.send();
    scene.is_asked("sendTransaction").await;
    assert_eq!(leader.taken.recv().await.expect("it serves").0, bytes());
    assert_eq!(scene.stop().await, [2, 0, 0, 1]);
}

#[tokio::test]
async fn endpoints_are_sent_to_where_leaders_are_not_known_and_it_is_tried_again() {
    let mut leader = Leader::new();
    let mut scene = Scene::new(None).await;
    scene.send();
    scene.is_asked("sendTransaction").await;
    // A start is given up after ten attempts.
    for _ in 0..=10 {
        scene.is_asked("getClusterNodes").await;
    }
    *scene.cluster.ports.lock().expect("nobody panics") = Some(vec![leader.address]);
    assert_eq!(scene.sends_until_taken(&mut leader).await, bytes());
    let [sent, _, _, starts] = scene.stop().await;
    assert!(sent > 0 && starts > 1, "{sent} sent, {starts} starts");
}

#[tokio::test]
async fn endpoints_are_sent_to_where_nobody_leads() {
    let mut scene = Scene::new(Some(Vec::new())).await;
    for _ in 0..100 {
        scene.send();
        scene.is_asked("sendTransaction").await;
    }
    let [sent, failed, ..] = scene.stop().await;
    assert_eq!((sent, failed), (0, 0));
}

#[tokio::test]
async fn endpoints_are_sent_to_where_leaders_do_not_answer() {
    let silent = std::net::UdpSocket::bind(("127.0.0.1", 0)).expect("a port");
    let mut scene = Scene::new(Some(vec![silent.local_addr().expect("its address")])).await;
    scene.send();
    scene.is_asked("getSlotLeaders").await;
    scene.is_asked("sendTransaction").await;
    // The handshake's first packet is there: nobody will answer it.
    let mut packet = [0; 2_048];
    let silent = tokio::task::spawn_blocking(move || silent.recv(&mut packet).map(|_| silent));
    let _silent = silent.await.expect("it does not panic").expect("a packet");
    tokio::time::pause();
    tokio::time::sleep(Duration::from_secs(5)).await;
    tokio::time::resume();
    scene.send();
    scene.is_asked("sendTransaction").await;
    let [sent, failed, ..] = scene.stop().await;
    assert!(sent == 0 && failed > 0, "{sent} sent, {failed} failed");
}

#[tokio::test]
async fn a_service_that_dies_is_started_again() {
    let mut leader = Leader::new();
    let mut scene = Scene::new(Some(vec![leader.address])).await;
    scene.is_asked("getSlotLeaders").await;
    // It knows the leaders of a hundred slots and asks for more with every slot. It gives up after
    // ten failures.
    *scene.cluster.leaders.lock().expect("nobody panics") = false;
    let mut slot = 1_005;
    while scene.counts.starts.load(Relaxed) < 2 {
        scene.slot(slot);
        slot += 1;
        tokio::task::yield_now().await;
    }
    *scene.cluster.leaders.lock().expect("nobody panics") = true;
    assert_eq!(scene.sends_until_taken(&mut leader).await, bytes());
    let [sent, _, _, starts] = scene.stop().await;
    assert!(sent > 0 && starts > 1, "{sent} sent, {starts} starts");
}

#[tokio::test]
async fn it_stops_while_it_starts() {
    let listener = tokio::net::TcpListener::bind(("127.0.0.1", 0)).await.expect("a port");
    let address = listener.local_addr().expect("its address");
    let endpoint = holdfast_rpc::Endpoint::new(holdfast_rpc::Address(format!("http://{address}")));
    let (events, _) = mpsc::channel(16);
    let mut edge = RpcIo::new(vec![endpoint], Vec::new(), events);
    let first = Report { slot: 1_000, ..report() };
    let (_reports, watched) = watch::channel((Instant::now(), first));
    edge.reach_leaders(identity(), watched, Arc::default());
    let _asked = listener.accept().await.expect("it is asked");
    edge.stop().await;
}
