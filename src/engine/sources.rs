//! A role's templates and files, as resources ask for them.

use crate::resource::Files;
use crate::role::RoleFiles;
use crate::template::{RenderError, Scope};
use crate::yaml::Node;
use std::sync::Arc;

/// A role's templates and files, rendered for one host.
pub struct Sources {
    /// Where they are.
    pub files: Arc<RoleFiles>,
    /// What they see.
    pub scope: Scope,
}

impl Files for Sources {
    fn template(&self, name: &Node) -> Result<String, RenderError> {
        self.scope.render_template(&self.files.template(name)?)
    }

    fn file(&self, name: &Node) -> Result<Vec<u8>, RenderError> {
        Ok(self.files.file(name)?)
    }

    fn home(&self, user: &str) -> Result<Option<String>, RenderError> {
        self.scope.home(user)
    }

    fn secrets_folder(&self) -> Result<String, RenderError> {
        self.scope.secrets_folder()
    }
}
