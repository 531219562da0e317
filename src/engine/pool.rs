//! A pool of engines: each on a thread of its own, fed from one queue.
//!
//! In: closures that want an engine. Out: nothing but their effects. Calls that go on come before recordings, the one due first
//! before the others. The queue has no limit of its own, because a session stops feeding audio while its backlog is long and `app` limits sessions.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};
use std::time::Instant;

type Task<E> = Box<dyn FnOnce(&mut E) + Send>;

/// Engines of one kind and the threads that own them. Dropping it finishes what is queued.
pub struct Pool<E> {
    queue: Arc<Queue<E>>,
    threads: Vec<JoinHandle<()>>,
}

struct Queue<E> {
    state: Mutex<State<E>>,
    changed: Condvar,
}

struct State<E> {
    /// What somebody waits for now, calls that go on: by when it is due, then as it came.
    urgent: BTreeMap<(Instant, u64), Task<E>>,
    /// Urgent tasks so far.
    numbered: u64,
    tasks: VecDeque<Task<E>>,
    /// Engines that work.
    busy: usize,
    closed: bool,
}

impl<E> Queue<E> {
    /// A panic in a task poisons nothing: tasks run outside the lock.
    fn lock(&self) -> MutexGuard<'_, State<E>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next(&self) -> Option<Task<E>> {
        let mut state = self.lock();
        loop {
            if let Some((_, task)) = state.urgent.pop_first() {
                state.busy += 1;
                return Some(task);
            }
            if let Some(task) = state.tasks.pop_front() {
                state.busy += 1;
                return Some(task);
            }
            if state.closed {
                return None;
            }
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
    }
}

impl<E: Send + 'static> Pool<E> {
    /// One thread for each engine.
    pub fn new(engines: Vec<E>) -> Self {
        let queue = Arc::new(Queue {
            state: Mutex::new(State {
                urgent: BTreeMap::new(),
                numbered: 0,
                tasks: VecDeque::new(),
                busy: 0,
                closed: false,
            }),
            changed: Condvar::new(),
        });
        let threads = engines
            .into_iter()
            .map(|mut engine| {
                let queue = Arc::clone(&queue);
                thread::spawn(move || {
                    while let Some(task) = queue.next() {
                        task(&mut engine);
                        queue.lock().busy -= 1;
                    }
                })
            })
            .collect();
        Self { queue, threads }
    }

    /// Engines in the pool.
    pub fn size(&self) -> usize {
        self.threads.len()
    }

    /// Queues a task; it runs as soon as an engine is free.
    pub fn submit(&self, task: impl FnOnce(&mut E) + Send + 'static) {
        self.queue.lock().tasks.push_back(Box::new(task));
        self.queue.changed.notify_one();
    }

    /// Queues a task before all that [`Pool::submit`] queued, and before urgent ones that are due later.
    pub fn submit_urgent(&self, due: Instant, task: impl FnOnce(&mut E) + Send + 'static) {
        let mut state = self.queue.lock();
        state.numbered += 1;
        let key = (due, state.numbered);
        state.urgent.insert(key, Box::new(task));
        drop(state);
        self.queue.changed.notify_one();
    }

    /// Whether an urgent task would begin at once, or before recordings that wait.
    pub fn is_prompt(&self) -> bool {
        let state = self.queue.lock();
        let room = state.busy < self.threads.len() || !state.tasks.is_empty();
        room && state.urgent.is_empty()
    }
}

impl<E> Drop for Pool<E> {
    fn drop(&mut self) {
        self.queue.lock().closed = true;
        self.queue.changed.notify_all();
        for thread in self.threads.drain(..) {
            // A thread that panicked has said so already.
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    #[test]
    fn who_waits_comes_first() {
        let (sender, receiver) = mpsc::channel();
        let (go, gate) = mpsc::channel::<()>();
        let pool = Pool::new(vec![()]);
        pool.submit(move |()| gate.recv().unwrap());
        while pool.queue.lock().busy == 0 {
            std::thread::yield_now();
        }
        let say = |word: &'static str| {
            let sender = sender.clone();
            move |(): &mut ()| sender.send(word).unwrap()
        };
        pool.submit(say("recording"));
        let now = Instant::now();
        let ms = std::time::Duration::from_millis;
        pool.submit_urgent(now + ms(900), say("long"));
        pool.submit_urgent(now + ms(300), say("short"));
        pool.submit_urgent(now + ms(300), say("short, later"));
        assert!(!pool.is_prompt(), "others are urgent");
        go.send(()).unwrap();
        let order: Vec<_> = (0..4).map(|_| receiver.recv().unwrap()).collect();
        assert_eq!(order, ["short", "short, later", "long", "recording"]);
        while pool.queue.lock().busy > 0 {
            std::thread::yield_now();
        }
        assert!(pool.is_prompt(), "an engine has nothing to do");
        let (go, gate) = mpsc::channel::<()>();
        pool.submit(move |()| gate.recv().unwrap());
        while pool.queue.lock().busy == 0 {
            std::thread::yield_now();
        }
        assert!(!pool.is_prompt(), "the engine works");
        pool.submit(|()| ());
        assert!(pool.is_prompt(), "what waits is a recording");
        go.send(()).unwrap();
    }

    #[test]
    fn every_task_runs_once_on_some_engine() {
        let (sender, receiver) = mpsc::channel();
        let pool = Pool::new(vec![10, 20]);
        for task in 0..100 {
            let sender = sender.clone();
            pool.submit(move |engine: &mut i32| sender.send((*engine, task)).unwrap());
        }
        drop((pool, sender));
        let mut got: Vec<(i32, i32)> = receiver.iter().collect();
        got.sort_by_key(|(_, task)| *task);
        assert_eq!(got.len(), 100);
        assert!(got.iter().enumerate().all(|(ix, (engine, task))| {
            *task == ix as i32 && (*engine == 10 || *engine == 20)
        }));
    }
}
