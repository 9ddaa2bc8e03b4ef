// expect: backward: the gradient through the values alone; the one through the gate is missing
// exercise: backward
        let hidden = self.down_proj.backward(grad);
        let d_up = silu(gate.clone()) * &hidden;
        let d_gate = silu_backward(hidden * &up, &gate);
        let x = self.up_proj.backward(d_up);
        self.gate_proj.backward(d_gate);
        x
// exercise: end
