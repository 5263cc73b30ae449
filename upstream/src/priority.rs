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

    /// Runs everything in `work` for this, or for what it is part of where that matters more.
    pub async fn around<F: Future>(self, work: F) -> F::Output {
        let around = PRIORITY.try_with(|around| *around).unwrap_or(self);
        PRIORITY.scope(self.max(around), work).await
    }

    /// What the running task is for.
    pub(crate) fn current() -> Self {
        PRIORITY.try_with(|current| *current).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::Priority;

    #[tokio::test]
    async fn what_is_part_of_more_is_more() {
        assert_eq!(Priority::current(), Priority::Update);
        let read = Priority::Create.around(async { Priority::current() });
        assert_eq!(Priority::Complete.around(read).await, Priority::Complete);
        let pay = Priority::Complete.around(async { Priority::current() });
        assert_eq!(Priority::Catalog.around(pay).await, Priority::Complete);
    }
}
