//! Work that needs no host, such as rendering and planning, for many hosts side by side.

use super::faults::words;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::thread;

/// What variables that need one another in a row may take of it.
pub const STACK: usize = 8 << 20;

/// What `work` comes to for each of `all`, in their order. A fault of solti's own in one is the words that it said last,
/// and the others go on.
pub fn side_by_side<T: Sync, R: Send>(all: &[T], work: impl Fn(&T) -> R + Sync) -> Vec<Result<R, String>> {
    let threads = thread::available_parallelism().map_or(1, usize::from).min(all.len());
    let results: Vec<Mutex<Option<Result<R, String>>>> = all.iter().map(|_| Mutex::new(None)).collect();
    let next = AtomicUsize::new(0);
    let take = || {
        while let Some((one, result)) = {
            let at = next.fetch_add(1, Ordering::Relaxed);
            all.get(at).zip(results.get(at))
        } {
            let done = catch_unwind(AssertUnwindSafe(|| work(one))).map_err(words);
            *result.lock().unwrap_or_else(PoisonError::into_inner) = Some(done);
        }
    };
    thread::scope(|scope| {
        for _ in 1..threads {
            // with fewer threads it only takes longer
            let _ = thread::Builder::new().stack_size(STACK).spawn_scoped(scope, take);
        }
        take();
    });
    let taken = results.into_iter().map(|result| result.into_inner().unwrap_or_else(PoisonError::into_inner));
    taken.map(|result| result.unwrap_or_else(|| Err("it was given up".to_owned()))).collect()
}

#[cfg(test)]
mod tests {
    use super::side_by_side;

    #[test]
    fn all_is_done_in_order_and_a_fault_stays_with_its_own() {
        let all: Vec<usize> = (0..100).collect();
        let done = side_by_side(&all, |number| {
            assert_ne!(*number, 7, "not this one");
            number * 2
        });
        assert_eq!(done.len(), 100);
        for (number, result) in done.into_iter().enumerate() {
            match number {
                7 => assert!(result.unwrap_err().contains("not this one")),
                _ => assert_eq!(result, Ok(number * 2)),
            }
        }
        assert!(side_by_side::<usize, ()>(&[], |_| ()).is_empty());
    }
}
