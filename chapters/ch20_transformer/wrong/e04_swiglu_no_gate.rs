// expect: forward: the activation stands on the values, not on the gate
// exercise: forward
        self.kept.push((gate.clone(), up.clone()));
        let hidden = silu(up) * &gate;
        self.down_proj.forward(hidden)
// exercise: end
