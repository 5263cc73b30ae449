//! Getting in: tokens, versions, scopes.
