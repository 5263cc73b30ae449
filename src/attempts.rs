//! A bound on how often a bank may be asked: whoever tries stolen cards through an agent soon has
//! nothing left to try.
//!
//! What is counted is declines. They are remembered in this process; those of a session are kept
//! with its draft too, so that no other replica starts from nothing.

use std::time::Duration;

use commerce::{AgentId, Draft, SessionId};
use jiff::{SignedDuration, Timestamp};
use moka::sync::Cache;

/// How many sessions, tokens and agents are remembered; older ones are forgotten first.
const REMEMBERED_MAX: u64 = 100_000;
/// Beyond it no wait doubles any more.
const DOUBLINGS_MAX: u32 = 10;
/// An agent's declines count for so long.
const AGENT_WINDOW: Duration = Duration::from_hours(1);
/// Longer than any session lives.
const SESSION_WINDOW: Duration = Duration::from_hours(24);

/// The name under which a draft keeps how often its session was declined.
const KEPT: &str = "declines";

/// How many declines are borne.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bounds {
    /// Of one session; after that it can only be canceled.
    pub per_session_max: u32,
    /// Of one payment token.
    pub per_token_max: u32,
    /// Of all sessions of one agent within an hour; after that it waits.
    pub per_agent_max: u32,
    /// Wait after a session's first decline; doubles each time.
    pub first_delay: Duration,
}

/// Whether a bank may be asked again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Verdict {
    /// It may.
    Go,
    /// Not yet.
    Later(Duration),
    /// Not with this token.
    OtherToken,
    /// Not for this session.
    Never,
}

/// Who was declined how often.
pub(crate) struct Attempts {
    bounds: Bounds,
    sessions: Cache<SessionId, Declines>,
    tokens: Cache<[u8; 32], u32>,
    agents: Cache<AgentId, Declines>,
}

#[derive(Clone, Copy, Debug, Default)]
struct Declines {
    count: u32,
    last: Timestamp,
}

impl Attempts {
    pub(crate) fn new(bounds: Bounds) -> Self {
        Self {
            bounds,
            sessions: Cache::builder()
                .max_capacity(REMEMBERED_MAX)
                .time_to_live(SESSION_WINDOW)
                .build(),
            tokens: Cache::builder()
                .max_capacity(REMEMBERED_MAX)
                .time_to_live(SESSION_WINDOW)
                .build(),
            agents: Cache::builder().max_capacity(REMEMBERED_MAX).build(),
        }
    }

    /// Whether a bank may be asked for a session with a token. `kept` is how many declines the
    /// session's draft knows of.
    pub(crate) fn judge(
        &self,
        (session, agent): (&SessionId, &AgentId),
        token: &[u8; 32],
        kept: u32,
        now: Timestamp,
    ) -> Verdict {
        let seen = self.sessions.get(session).unwrap_or_default();
        if seen.count.max(kept) >= self.bounds.per_session_max {
            return Verdict::Never;
        }
        if self.tokens.get(token).unwrap_or_default() >= self.bounds.per_token_max {
            return Verdict::OtherToken;
        }
        let of_agent = self.agents.get(agent).unwrap_or_default();
        let window = left(of_agent.last, AGENT_WINDOW, now);
        if of_agent.count >= self.bounds.per_agent_max && !window.is_zero() {
            return Verdict::Later(window);
        }
        let doublings = seen.count.saturating_sub(1).min(DOUBLINGS_MAX);
        let delay = self.bounds.first_delay * 2_u32.pow(doublings);
        let wait = if seen.count == 0 { Duration::ZERO } else { left(seen.last, delay, now) };
        if wait.is_zero() { Verdict::Go } else { Verdict::Later(wait) }
    }

    /// A bank has said no; answers how often it has for this session.
    pub(crate) fn declined(
        &self,
        (session, agent): (&SessionId, &AgentId),
        token: &[u8; 32],
        kept: u32,
        now: Timestamp,
    ) -> u32 {
        let before = self.sessions.get(session).unwrap_or_default().count.max(kept);
        let count = before.saturating_add(1);
        self.sessions.insert(session.clone(), Declines { count, last: now });
        let of_token = self.tokens.get(token).unwrap_or_default();
        self.tokens.insert(*token, of_token.saturating_add(1));
        let of_agent = self.agents.get(agent).unwrap_or_default();
        let is_over = left(of_agent.last, AGENT_WINDOW, now).is_zero();
        let so_far = if is_over { 0 } else { of_agent.count };
        self.agents.insert(agent.clone(), Declines { count: so_far.saturating_add(1), last: now });
        count
    }
}

/// How often the session of a draft was declined, as far as the draft knows.
pub(crate) fn kept(draft: &Draft) -> u32 {
    draft.facts.get(KEPT).and_then(|text| text.parse().ok()).unwrap_or(0)
}

/// For the draft to keep.
pub(crate) fn fact(declines: u32) -> (String, String) {
    (KEPT.to_owned(), declines.to_string())
}

/// What is left of a wait that began then.
fn left(since: Timestamp, wait: Duration, now: Timestamp) -> Duration {
    let wait = SignedDuration::try_from(wait).unwrap_or(SignedDuration::MAX);
    let left = wait.checked_sub(now.duration_since(since)).unwrap_or(SignedDuration::ZERO);
    Duration::try_from(left).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use commerce::{AgentId, SessionId};
    use jiff::{SignedDuration, Timestamp};

    use super::{Attempts, Bounds, Verdict};

    const BOUNDS: Bounds = Bounds {
        per_session_max: 3,
        per_token_max: 2,
        per_agent_max: 5,
        first_delay: Duration::from_secs(2),
    };

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_795_457_250 + seconds).unwrap()
    }

    fn who(session: &str) -> (SessionId, AgentId) {
        (SessionId::new(session), AgentId::new("agent"))
    }

    #[test]
    fn each_decline_slows_the_next_try() {
        let attempts = Attempts::new(BOUNDS);
        let (session, agent) = who("one");
        let who = (&session, &agent);
        assert_eq!(attempts.judge(who, &[1; 32], 0, at(0)), Verdict::Go);
        attempts.declined(who, &[1; 32], 0, at(0));
        let wait = Verdict::Later(Duration::from_secs(1));
        assert_eq!(attempts.judge(who, &[2; 32], 0, at(1)), wait);
        assert_eq!(attempts.judge(who, &[2; 32], 0, at(2)), Verdict::Go);
        attempts.declined(who, &[2; 32], 0, at(2));
        let wait = Verdict::Later(Duration::from_secs(3));
        assert_eq!(attempts.judge(who, &[3; 32], 0, at(3)), wait);
    }

    #[test]
    fn sessions_tokens_and_agents_are_bounded() {
        let attempts = Attempts::new(BOUNDS);
        let (one, agent) = who("one");
        for _ in 0..2 {
            attempts.declined((&one, &agent), &[1; 32], 0, at(0));
        }
        let later = at(60);
        assert_eq!(attempts.judge((&one, &agent), &[1; 32], 0, later), Verdict::OtherToken);
        assert_eq!(attempts.declined((&one, &agent), &[2; 32], 0, at(0)), 3);
        assert_eq!(attempts.judge((&one, &agent), &[3; 32], 0, later), Verdict::Never);
        let (two, _) = who("two");
        for token in 4..6 {
            attempts.declined((&two, &agent), &[token; 32], 0, later);
        }
        let (three, other) = (SessionId::new("three"), AgentId::new("other"));
        let wait = attempts.judge((&three, &agent), &[9; 32], 0, later);
        assert_eq!(wait, Verdict::Later(Duration::from_hours(1)));
        assert_eq!(attempts.judge((&three, &other), &[9; 32], 0, later), Verdict::Go);
        let next_hour = later + SignedDuration::from_hours(1);
        assert_eq!(attempts.judge((&three, &agent), &[9; 32], 0, next_hour), Verdict::Go);
    }

    #[test]
    fn another_replica_starts_from_what_the_draft_knows() {
        let attempts = Attempts::new(BOUNDS);
        let (session, agent) = who("one");
        assert_eq!(attempts.judge((&session, &agent), &[1; 32], 3, at(0)), Verdict::Never);
        assert_eq!(attempts.declined((&session, &agent), &[1; 32], 2, at(0)), 3);
    }
}
