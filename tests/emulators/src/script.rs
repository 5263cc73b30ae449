//! What is planned for which call.

/// Plans by method and path, each for the nth matching call, or for all.
pub(crate) struct Script<F> {
    planned: Vec<Plan<F>>,
}

struct Plan<F> {
    method: String,
    path: String,
    fault: F,
    /// Matching calls until it strikes, that one included; `None` strikes at every call.
    calls_left: Option<usize>,
}

/// What was planned for a call.
pub(crate) struct Struck<F> {
    pub(crate) fault: F,
    /// Whether it was taken off the plan.
    pub(crate) once: bool,
}

impl<F> Default for Script<F> {
    fn default() -> Self {
        Self { planned: Vec::new() }
    }
}

impl<F: Clone> Script<F> {
    /// Plans for the nth matching call from now (1 is the next), or for every one.
    pub(crate) fn plan(&mut self, method: &str, path: &str, nth: Option<usize>, fault: F) {
        let (method, path) = (method.to_owned(), path.to_owned());
        let calls_left = nth.map(|nth| nth.max(1));
        self.planned.push(Plan { method, path, fault, calls_left });
    }

    /// What strikes this call, under whichever of its names it was planned. Plans for the same call
    /// strike one call each, in order.
    pub(crate) fn take(&mut self, method: &str, paths: &[impl AsRef<str>]) -> Option<Struck<F>> {
        let is_meant = |plan: &Plan<F>| {
            let mut paths = paths.iter();
            paths.any(|path| matches(&plan.method, &plan.path, method, path.as_ref()))
        };
        let mut due = None;
        for (at, plan) in self.planned.iter_mut().enumerate() {
            let hit = is_meant(plan);
            match &mut plan.calls_left {
                Some(left) if hit => match *left {
                    1 if due.is_none() => due = Some(at),
                    1 => {}
                    _ => *left -= 1,
                },
                _ => {}
            }
        }
        if let Some(at) = due {
            return Some(Struck { fault: self.planned.remove(at).fault, once: true });
        }
        let mut always = self.planned.iter().filter(|plan| plan.calls_left.is_none());
        let plan = always.find(|plan| is_meant(plan))?;
        Some(Struck { fault: plan.fault.clone(), once: false })
    }

    pub(crate) fn clear(&mut self) {
        self.planned.clear();
    }

    /// How many are to strike once and have not.
    pub(crate) fn pending(&self) -> usize {
        self.planned.iter().filter(|plan| plan.calls_left.is_some()).count()
    }
}

/// Whether a call is meant: the same method, and the same last segments. `{}` is any segment.
fn matches(method: &str, pattern: &str, called: &str, path: &str) -> bool {
    let segments = |path| str::split(path, '/').filter(|segment| !segment.is_empty()).rev();
    let mut called_segments = segments(path);
    method == called
        && segments(pattern).all(|wanted| {
            called_segments.next().is_some_and(|segment| wanted == "{}" || wanted == segment)
        })
}
