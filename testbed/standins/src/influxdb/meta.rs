//! Users, organizations, buckets and authorizations, kept in one file.

use super::error::{Refused, conflict, internal, invalid, missing, unauthorized, unprocessable};
use super::permission::{Permission, operator};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

const HOUR: i64 = 3600;
const DAY: i64 = 24 * HOUR;

/// All that is not points.
#[derive(Debug, Default, Serialize, Deserialize)]
pub struct Meta {
    /// Where it is kept; nowhere, with `--store memory`.
    #[serde(skip)]
    file: Option<PathBuf>,
    /// Those who have tokens.
    pub users: Vec<User>,
    /// What buckets belong to.
    pub orgs: Vec<Org>,
    /// What points are kept in.
    pub buckets: Vec<Bucket>,
    /// Tokens.
    pub authorizations: Vec<Authorization>,
}

/// A user.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct User {
    /// 16 digits.
    pub id: String,
    /// Unique.
    pub name: String,
    /// `active` or `inactive`.
    pub status: String,
    /// Salt and digest of the password.
    pub password: Option<String>,
}

/// An organization.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Org {
    /// 16 digits.
    pub id: String,
    /// Unique.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// When it was made.
    pub created: String,
    /// When it was last changed.
    pub updated: String,
}

/// A bucket.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Bucket {
    /// 16 digits.
    pub id: String,
    /// Whose it is.
    pub org: String,
    /// Unique in its organization.
    pub name: String,
    /// What it is for.
    pub description: String,
    /// Whether it is one of those that every organization has.
    pub system: bool,
    /// Seconds for which points are kept; zero is forever.
    pub retention: i64,
    /// Seconds that a shard spans.
    pub shard: i64,
    /// When it was made.
    pub created: String,
    /// When it was last changed.
    pub updated: String,
}

/// A token and what it may do.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Authorization {
    /// 16 digits.
    pub id: String,
    /// The secret.
    pub token: String,
    /// `active` or `inactive`.
    pub status: String,
    /// What it is for.
    pub description: String,
    /// In which organization.
    pub org: String,
    /// Whose it is.
    pub user: String,
    /// What it may do.
    pub permissions: Vec<Permission>,
    /// When it was made.
    pub created: String,
    /// When it was last changed.
    pub updated: String,
}

impl Authorization {
    /// Whether it may do this.
    ///
    /// # Errors
    /// It may not, or is inactive.
    pub fn may(&self, wanted: &Permission) -> Result<(), Refused> {
        if self.status != "active" {
            return Err(unauthorized("token is inactive"));
        }
        if self.permissions.iter().any(|permission| permission.grants(wanted)) {
            Ok(())
        } else {
            Err(unauthorized(format!("{wanted} is unauthorized")))
        }
    }

    /// Whether it may read this bucket.
    ///
    /// # Errors
    /// It may not, or is inactive.
    pub fn may_read(&self, bucket: &Bucket) -> Result<(), Refused> {
        self.may(&if bucket.system {
            Permission::read("orgs", Some(&bucket.org), None)
        } else {
            Permission::read("buckets", Some(&bucket.id), Some(&bucket.org))
        })
    }
}

/// What the setup is asked to make.
#[derive(Debug, Default)]
pub struct Setup {
    /// The first user.
    pub user: String,
    /// Their password, if they have one.
    pub password: String,
    /// The first organization.
    pub org: String,
    /// The first bucket.
    pub bucket: String,
    /// Seconds for which it keeps points.
    pub retention: i64,
    /// The token, or empty for one that is made up.
    pub token: String,
}

impl Meta {
    /// Reads the file, if there is one.
    ///
    /// # Errors
    /// A file that cannot be read or is not one of the stand-in's.
    pub fn open(file: Option<&Path>) -> io::Result<Self> {
        let mut meta = match file.map(std::fs::read) {
            None => Self::default(),
            Some(Ok(text)) if text.is_empty() => Self::default(),
            Some(Ok(text)) => serde_json::from_slice(&text).map_err(io::Error::other)?,
            Some(Err(error)) if error.kind() == io::ErrorKind::NotFound => Self::default(),
            Some(Err(error)) => return Err(error),
        };
        meta.file = file.map(Path::to_owned);
        meta.write()?;
        Ok(meta)
    }

    fn write(&self) -> io::Result<()> {
        let Some(file) = &self.file else { return Ok(()) };
        let mut new = file.clone().into_os_string();
        new.push(".new");
        let mut to = OpenOptions::new().create(true).write(true).truncate(true).mode(0o600).open(&new)?;
        to.write_all(&serde_json::to_vec(self).map_err(io::Error::other)?)?;
        to.sync_data()?;
        std::fs::rename(new, file)
    }

    /// Keeps what was changed.
    ///
    /// # Errors
    /// The disk's.
    pub fn save(&self) -> Result<(), Refused> {
        self.write().map_err(|error| internal(error.to_string()))
    }

    /// Whether the setup is still to be done.
    pub fn fresh(&self) -> bool {
        self.users.is_empty() && self.orgs.is_empty()
    }

    /// Makes the first user, organization, bucket and token.
    ///
    /// As in the real server, a refused bucket leaves the user and the organization behind.
    ///
    /// # Errors
    /// It was done before, or something is missing or wrong.
    pub fn setup(&mut self, asked: &Setup) -> Result<(User, Org, Bucket, Authorization), Refused> {
        if !self.fresh() {
            return Err(conflict("onboarding has already been completed"));
        }
        let fields = [("username", &asked.user), ("org", &asked.org), ("bucket", &asked.bucket)];
        let lacking: Vec<&str> = fields.iter().filter(|(_, value)| value.is_empty()).map(|(name, _)| *name).collect();
        if !lacking.is_empty() {
            let message = format!("onboarding failed: missing required fields [{}]", lacking.join(","));
            return Err(unprocessable(message));
        }
        let password = if asked.password.is_empty() { None } else { Some(hashed(&asked.password)?) };
        let user = User { password, ..self.add_user(&asked.user)? };
        self.users = vec![user.clone()];
        let org = self.add_org(&asked.org, "")?;
        let bucket = self.add_bucket(&org.id, &asked.bucket, "", asked.retention, 0)?;
        let description = format!("{}'s Token", asked.user);
        let authorization = self.add_authorization(Authorization {
            token: asked.token.clone(),
            description,
            org: org.id.clone(),
            user: user.id.clone(),
            permissions: operator(),
            ..blank()
        })?;
        Ok((user, org, bucket, authorization))
    }

    /// Makes a user.
    ///
    /// # Errors
    /// The name is taken.
    pub fn add_user(&mut self, name: &str) -> Result<User, Refused> {
        if self.users.iter().any(|user| user.name == name) {
            return Err(conflict(format!("user with name {name} already exists")));
        }
        let user = User { id: id(), name: name.to_owned(), status: "active".to_owned(), password: None };
        self.users.push(user.clone());
        self.save()?;
        Ok(user)
    }

    /// Makes an organization with its system buckets.
    ///
    /// # Errors
    /// The name is taken.
    pub fn add_org(&mut self, name: &str, description: &str) -> Result<Org, Refused> {
        if name.trim().is_empty() {
            return Err(invalid("name is empty"));
        }
        if self.orgs.iter().any(|org| org.name == name) {
            return Err(conflict(format!("organization with name {name} already exists")));
        }
        let org = Org {
            id: id(),
            name: name.to_owned(),
            description: description.to_owned(),
            created: now(),
            updated: now(),
        };
        self.orgs.push(org.clone());
        let system =
            [("_tasks", "System bucket for task logs", 3), ("_monitoring", "System bucket for monitoring logs", 7)];
        for (name, description, days) in system {
            let mut bucket = bucket(&org.id, name, description, days * DAY, 0);
            bucket.system = true;
            self.buckets.push(bucket);
        }
        self.save()?;
        Ok(org)
    }

    /// Makes a bucket.
    ///
    /// # Errors
    /// The name is taken or not allowed, the organization is not there, or the retention is too short.
    pub fn add_bucket(
        &mut self,
        org: &str,
        name: &str,
        description: &str,
        retention: i64,
        shard: i64,
    ) -> Result<Bucket, Refused> {
        name_allowed(name)?;
        self.org(org)?;
        if self.bucket_named(org, name).is_ok() {
            return Err(conflict(format!("bucket with name {name} already exists")));
        }
        let bucket = bucket(org, name, description, retention, shard);
        long_enough(retention)?;
        if retention > 0 && retention < bucket.shard {
            return Err(internal("retention policy duration must be greater than the shard duration"));
        }
        self.buckets.push(bucket.clone());
        self.save()?;
        Ok(bucket)
    }

    /// Makes an authorization; its token is made up if it is empty.
    ///
    /// # Errors
    /// A permission for another organization, or a token that is there already.
    pub fn add_authorization(&mut self, mut asked: Authorization) -> Result<Authorization, Refused> {
        let foreign = |permission: &&Permission| permission.resource.org.as_ref().is_some_and(|org| *org != asked.org);
        if let Some(permission) = asked.permissions.iter().find(foreign) {
            return Err(invalid(format!("permission {permission} is not for org id {}", asked.org)));
        }
        if self.user(&asked.user).is_err() || self.org(&asked.org).is_err() {
            return Err(invalid("unable to create token"));
        }
        if self.authorizations.iter().any(|known| known.token == asked.token) {
            return Err(conflict("token already exists"));
        }
        if asked.token.is_empty() {
            asked.token = URL_SAFE.encode(random::<64>());
        }
        self.authorizations.push(asked.clone());
        self.save()?;
        Ok(asked)
    }

    /// Gives a user a password.
    ///
    /// # Errors
    /// There is no such user, or the password is too short or too long.
    pub fn set_password(&mut self, user: &str, password: &str) -> Result<(), Refused> {
        let hashed = hashed(password)?;
        let user = self.users.iter_mut().find(|known| known.id == user).ok_or_else(|| missing("user not found"))?;
        user.password = Some(hashed);
        self.save()
    }

    /// A user.
    ///
    /// # Errors
    /// There is none.
    pub fn user(&self, id: &str) -> Result<&User, Refused> {
        self.users.iter().find(|user| user.id == id).ok_or_else(|| missing("user not found"))
    }

    /// An organization.
    ///
    /// # Errors
    /// There is none.
    pub fn org(&self, id: &str) -> Result<&Org, Refused> {
        self.orgs.iter().find(|org| org.id == id).ok_or_else(|| missing("organization not found"))
    }

    /// An organization by its name.
    ///
    /// # Errors
    /// There is none.
    pub fn org_named(&self, name: &str) -> Result<&Org, Refused> {
        let found = self.orgs.iter().find(|org| org.name == name);
        found.ok_or_else(|| missing(format!("organization name {name:?} not found")))
    }

    /// A bucket.
    ///
    /// # Errors
    /// There is none.
    pub fn bucket(&self, id: &str) -> Result<&Bucket, Refused> {
        self.buckets.iter().find(|bucket| bucket.id == id).ok_or_else(|| missing("bucket not found"))
    }

    /// A bucket of an organization by its name.
    ///
    /// # Errors
    /// There is none.
    pub fn bucket_named(&self, org: &str, name: &str) -> Result<&Bucket, Refused> {
        let found = self.buckets.iter().find(|bucket| bucket.org == org && bucket.name == name);
        found.ok_or_else(|| missing(format!("bucket {name:?} not found")))
    }
}

/// An authorization that says nothing yet.
pub fn blank() -> Authorization {
    Authorization {
        id: id(),
        token: String::new(),
        status: "active".to_owned(),
        description: String::new(),
        org: String::new(),
        user: String::new(),
        permissions: Vec::new(),
        created: now(),
        updated: now(),
    }
}

fn bucket(org: &str, name: &str, description: &str, retention: i64, shard: i64) -> Bucket {
    Bucket {
        id: id(),
        org: org.to_owned(),
        name: name.to_owned(),
        description: description.to_owned(),
        system: false,
        retention,
        shard: shard_of(shard, retention),
        created: now(),
        updated: now(),
    }
}

/// The span of a shard, if none or too short a one is asked for.
pub fn shard_of(asked: i64, retention: i64) -> i64 {
    match asked {
        0 if retention == 0 || retention >= 180 * DAY => 7 * DAY,
        0 if retention >= 2 * DAY => DAY,
        ..HOUR => HOUR,
        asked => asked,
    }
}

/// Refuses a retention that is shorter than the shortest.
///
/// # Errors
/// In InfluxDB's words.
pub fn long_enough(retention: i64) -> Result<(), Refused> {
    match retention {
        0 | HOUR.. => Ok(()),
        _ => Err(internal("retention policy duration must be at least 1h0m0s")),
    }
}

/// Refuses names that are for system buckets only, and those that break queries.
///
/// # Errors
/// In InfluxDB's words.
pub fn name_allowed(name: &str) -> Result<(), Refused> {
    if name.starts_with('_') {
        return Err(invalid(format!("bucket name {name} is invalid. Buckets may not start with underscore")));
    }
    if name.contains('"') {
        return Err(invalid(format!("bucket name {name} is invalid. Bucket names may not include quotation marks")));
    }
    Ok(())
}

fn hashed(password: &str) -> Result<String, Refused> {
    if !(8..=72).contains(&password.len()) {
        return Err(invalid("passwords must be between 8 and 72 characters long"));
    }
    let salt = hex(&random::<8>());
    Ok(format!("{salt}:{}", hex(&Sha256::digest(format!("{salt}{password}")))))
}

/// An identifier: 16 digits.
fn id() -> String {
    let mut bytes = random::<8>();
    // As those of the real server, the first digit is zero; but no identifier is all zeros.
    bytes[0] = bytes[0] & 0x0f | 0x01;
    hex(&bytes)
}

/// An identifier that somebody sent.
///
/// # Errors
/// It cannot be one.
pub fn identifier(text: &str) -> Result<String, Refused> {
    if text.len() != 16 {
        return Err(invalid("id must have a length of 16 bytes"));
    }
    match u64::from_str_radix(text, 16) {
        Ok(1..) => Ok(text.to_lowercase()),
        _ => Err(invalid("invalid ID")),
    }
}

/// Now, as the API writes it.
pub fn now() -> String {
    Timestamp::now().to_string()
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn random<const N: usize>() -> [u8; N] {
    let mut bytes = [0; N];
    // Linux always has it.
    let _ = File::open("/dev/urandom").and_then(|mut file| file.read_exact(&mut bytes));
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn identifiers_are_16_digits() {
        let (one, two) = (id(), id());
        assert_eq!(identifier(&one), Ok(one.clone()));
        assert_ne!(one, two);
        assert_eq!(identifier("00").unwrap_err().message, "id must have a length of 16 bytes");
        assert_eq!(identifier("0000000000000000").unwrap_err().message, "invalid ID");
    }

    #[test]
    fn a_setup_with_too_short_a_retention_is_left_half_done() {
        let mut meta = Meta::default();
        let mut asked = Setup { user: "u".into(), org: "o".into(), bucket: "b".into(), ..Setup::default() };
        asked.password = "short".into();
        assert_eq!(meta.setup(&asked).unwrap_err().message, "passwords must be between 8 and 72 characters long");
        assert!(meta.fresh());
        asked.password = "long enough".into();
        asked.retention = 60;
        assert_eq!(meta.setup(&asked).unwrap_err().code, "internal error");
        assert_eq!(meta.setup(&asked).unwrap_err().message, "onboarding has already been completed");
    }

    #[test]
    fn shards_follow_from_the_retention() {
        assert_eq!(shard_of(0, 0), 7 * DAY);
        assert_eq!(shard_of(0, 7 * DAY), DAY);
        assert_eq!(shard_of(0, HOUR), HOUR);
        assert_eq!(shard_of(60, 0), HOUR);
        assert_eq!(shard_of(2 * DAY, 0), 2 * DAY);
    }
}
