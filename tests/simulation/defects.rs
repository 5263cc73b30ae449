//! Planted defects: each a way in which a bridge can be wrong about money, switched on in a service
//! that is otherwise ours. A simulation that does not find them proves nothing.

use std::{io, io::Write, sync::Arc};

use storebridge::{App, Seams, config::Config};

/// One way to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Defect {}

impl Defect {
    pub(crate) fn app(self, _config: &Config, _seams: Seams) -> Arc<App> {
        match self {}
    }
}

pub(crate) fn find_all(_out: &mut impl Write) -> io::Result<bool> {
    Ok(true)
}
