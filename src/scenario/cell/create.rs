//! The first step and the last: hosts are taken or booted, and removed.

use super::outcome::{Bad, Done};
use super::{Job, Known};
use crate::report::text::words::counted;
use crate::scenario::event::TestEvent;
use crate::scenario::hosts::lock::Lock;
use crate::scenario::hosts::{Set, machine, remove};
use crate::scenario::inputs::{self, What};
use crate::scenario::spec::existing;
use std::time::Duration;

/// How long to wait before looking again whether another run is over.
const PAUSE: Duration = Duration::from_millis(250);

impl Job {
    /// Hosts that stay are one run's at a time: waits for the one that has them.
    async fn take_hosts(&self) -> Result<Lock, Bad> {
        let mut told = false;
        loop {
            let taken = self.prefix.take(&self.cell().to_string());
            let holder = match taken.map_err(|error| Bad::new(format!("the hosts cannot be locked: {error}")))? {
                Ok(lock) => return Ok(lock),
                Err(holder) => holder,
            };
            if !std::mem::replace(&mut told, true) {
                let text = format!("waiting for the run that has its hosts: {holder}");
                let _ = self.events.send(TestEvent::Note { cell: self.cell(), text });
            }
            if self.is_stopping() {
                return Err(Bad::new(format!("its hosts are in use: {holder}")));
            }
            tokio::time::sleep(PAUSE).await;
        }
    }

    pub(super) async fn create(&self, known: &mut Known) -> Result<Done, Bad> {
        let hosts = counted(self.scenario.hosts.len(), "host");
        if self.platform.existing().is_some() {
            known.lock = Some(self.take_hosts().await?);
            let project = inputs::load(&self.root, &self.scenario, &self.platform, What::Roles, None)?;
            let targets = existing::targets(&project, &self.scenario)?;
            known.set = Some(Set::existing(targets).await?);
            return Ok(Done { seen: format!("{hosts} there already"), ..Done::default() });
        }
        if self.keep {
            known.lock = Some(self.take_hosts().await?);
            if let Some(set) = Set::reuse(&self.scripts, &self.prefix, &self.scenario).await {
                known.set = Some(set);
                if self.read_snapshots(known)? {
                    known.reused = true;
                    return Ok(Done { seen: format!("{hosts} kept"), ..Done::default() });
                }
            }
            // of other hosts than the scenario has now, no longer up, or with half of their preparations
            remove(&self.scripts, &self.prefix).await?;
        }
        let _booting = self.booting.lock().await;
        machine::wait_for_instances(self.scenario.hosts.len(), |text| self.told(text)).await;
        let up = Set::up(&self.scripts, &self.prefix, &self.scenario, &self.platform, self.interrupt.clone());
        known.set = Some(up.await?);
        Ok(Done { seen: hosts, ..Done::default() })
    }

    pub(super) async fn destroy(&self, known: &mut Known) -> Result<Done, Bad> {
        if let Some(set) = known.set.take() {
            set.down().await?;
        }
        Ok(Done::default())
    }
}
