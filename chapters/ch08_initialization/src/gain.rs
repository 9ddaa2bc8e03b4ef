//! Gains: by how much weights must be larger because an activation makes things smaller
//! (`torch.nn.init.calculate_gain`).
//!
//! The numbers are PyTorch's. ReLU's follows from a derivation (it halves the mean square), and so do LeakyReLU's and
//! the linear one. The other three are rules of thumb: 5/3 for tanh is near 1.6, which keeps the variance of a normal
//! input at 1; 1 for the sigmoid means that nothing is done about it; and 3/4 for SELU trades exactness for stability.

/// What follows the weights.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Gain {
    /// Nothing: 1.
    Linear,
    /// A sigmoid: 1.
    Sigmoid,
    /// A hyperbolic tangent: 5/3.
    Tanh,
    /// ReLU: the square root of 2.
    Relu,
    /// LeakyReLU: `sqrt(2 / (1 + slope^2))`.
    LeakyRelu {
        /// The slope below 0.
        slope: f64,
    },
    /// SELU: 3/4.
    Selu,
}

impl Gain {
    /// The factor for the standard deviation of the weights.
    pub fn value(self) -> f64 {
        match self {
            Gain::Linear | Gain::Sigmoid => 1.0,
            Gain::Tanh => 5.0 / 3.0,
            Gain::Relu => f64::sqrt(2.0),
            Gain::LeakyRelu { slope } => (2.0 / (1.0 + slope * slope)).sqrt(),
            Gain::Selu => 0.75,
        }
    }
}
