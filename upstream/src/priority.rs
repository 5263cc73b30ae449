//! Who goes first where not all can be served.

tokio::task_local! {
    static PRIORITY: Priority;
}

/// What a call is made for. The later in this list, the sooner it is served.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Priority {
    /// Nobody waits for it: reading the catalog, looking after hooks.
    Catalog,
    /// A buyer begins.
    Create,
    /// A buyer is in the middle of it. Where nobody says what a call is for, it is this.
    #[default]
    Update,
    /// A buyer pays: what was begun has to be ended.
    Complete,
}

impl Priority {
    /// How many there are.
    pub(crate) const COUNT: usize = 4;

    /// Runs everything in `work` for this, or for what the caller is part of where that matters
    /// more.
    pub fn around<F: Future>(self, work: F) -> impl Future<Output = F::Output> {
        let around = PRIORITY.try_with(|around| *around).unwrap_or(self);
        PRIORITY.scope(self.max(around), work)
    }

    /// What the running task is for.
    pub fn current() -> Self {
        PRIORITY.try_with(|current| *current).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Priority;

    #[tokio::test]
    async fn what_is_part_of_more_is_more() {
        assert_eq!(Priority::current(), Priority::Update);
        let within = async |outer: Priority, inner: Priority| {
            outer.around(async { inner.around(async { Priority::current() }).await }).await
        };
        assert_eq!(within(Priority::Complete, Priority::Create).await, Priority::Complete);
        assert_eq!(within(Priority::Catalog, Priority::Complete).await, Priority::Complete);
    }
}
