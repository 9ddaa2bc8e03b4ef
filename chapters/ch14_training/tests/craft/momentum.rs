//! A schedule that moves the momentum moves the optimizer's.

use ch09_optimizers::Sgd;
use ch10_schedules::{Constant, Schedule};
use ch14_training::{RunDir, Trainer};
use tempfile::tempdir;

use crate::common::{bits, model, settings, train, valid};

struct WithMomentum(f64);

impl Schedule for WithMomentum {
    fn rate(&self, _: u64) -> f64 {
        0.05
    }

    fn momentum(&self, _: u64) -> Option<f64> {
        Some(self.0)
    }
}

#[test]
fn the_momentum_of_the_schedule_counts() {
    let folder = tempdir().unwrap();
    let fit = |name: &str, schedule: Box<dyn Schedule>, momentum: f64| {
        let dir = RunDir::create(folder.path().join(name)).unwrap();
        let mut model = model();
        let optimizer = Box::new(Sgd::new().momentum(momentum));
        Trainer::new(settings(), schedule, optimizer)
            .fit(&mut model, &train(), &valid(), &dir, false)
            .unwrap();
        bits(&mut model)
    };
    let own = fit("own", Box::new(Constant(0.05)), 0.5);
    assert_eq!(own, fit("moved", Box::new(WithMomentum(0.5)), 0.9));
    assert_ne!(own, fit("other", Box::new(Constant(0.05)), 0.9));
}
