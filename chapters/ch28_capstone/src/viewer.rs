//! The networks that see: whatever turns pictures into the scores of classes.

use ch01_tensors::{Array, Rng, Tensor};
use ch05_backprop::{Layer, Module, Visitor};
use ch15_convolution::small_cnn;
use ch16_resnet::{FastNet, ResNet, ResNetConfig};
use datasets::cifar10::CHANNELS;

use crate::recipe::{self, Seeing};
use crate::run::Run;
use crate::task::Recipe;
use crate::training::Tested;

/// One of them, so that everything around it is written once.
pub(crate) enum Viewer {
    /// Any network.
    Any(Box<dyn Layer>),
    /// The fast one, which can look at a picture six times.
    Fast(Box<FastNet>),
}

/// Channels of the fast network's blocks.
const WIDTHS: [usize; 3] = [64, 256, 256];

impl Viewer {
    /// The network of a run, untrained.
    pub fn new(run: &Run) -> Viewer {
        let (classes, rng) = (run.plan.task.classes().len(), &mut Rng::new(run.plan.seed, "init"));
        if run.plan.recipe == Recipe::Fast {
            return Viewer::Fast(Box::new(FastNet::build(WIDTHS, CHANNELS, classes, rng)));
        }
        Viewer::Any(match recipe::pictures(run.plan.task, run.plan.recipe).seeing {
            Seeing::SmallCnn { width, dropout } => {
                Box::new(small_cnn(CHANNELS, classes, width, dropout, run.plan.seed))
            }
            Seeing::ResNet18 => Box::new(ResNet::new(&ResNetConfig::resnet18().cifar(classes), rng)),
        })
    }

    /// Lets the fast network begin with what pictures like these need: some thousand training pictures, prepared.
    pub fn whitened(self, run: &Run, pictures: &Tensor) -> Viewer {
        match self {
            Viewer::Fast(_) => {
                let rng = &mut Rng::new(run.plan.seed, "init");
                Viewer::Fast(Box::new(FastNet::new(pictures, run.plan.task.classes().len(), rng)))
            }
            other => other,
        }
    }

    fn layer(&self) -> &dyn Layer {
        match self {
            Viewer::Any(layer) => &**layer,
            Viewer::Fast(net) => &**net,
        }
    }

    fn layer_mut(&mut self) -> &mut dyn Layer {
        match self {
            Viewer::Any(layer) => &mut **layer,
            Viewer::Fast(net) => &mut **net,
        }
    }
}

impl Tested for Viewer {
    fn look_carefully(&mut self) {
        if let Viewer::Fast(net) = self {
            net.views = true;
        }
    }
}

impl Module for Viewer {
    fn visit(&mut self, visitor: &mut Visitor<'_, f32>) {
        self.layer_mut().visit(visitor);
    }
}

impl Layer for Viewer {
    fn forward(&mut self, x: Array<f32>) -> Array<f32> {
        self.layer_mut().forward(x)
    }

    fn backward(&mut self, grad: Array<f32>) -> Array<f32> {
        self.layer_mut().backward(grad)
    }

    fn backward_params(&mut self, grad: Array<f32>) {
        self.layer_mut().backward_params(grad);
    }

    fn infer(&self, x: Array<f32>) -> Array<f32> {
        self.layer().infer(x)
    }
}
