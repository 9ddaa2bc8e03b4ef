// expect: backward: the gate's gradient lacks the slope of silu
// exercise: backward
        let hidden = self.down_proj.backward(grad);
        let d_up = silu(gate.clone()) * &hidden;
        let d_gate = hidden * &up;
        let x = self.up_proj.backward(d_up);
        self.gate_proj.backward(d_gate) + &x
// exercise: end
