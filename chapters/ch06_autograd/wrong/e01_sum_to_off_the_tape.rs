// expect: no gradient goes through it: compute with variables, not with arrays
// exercise: sum_to
    let from = x.shape();
    let new_axes = from.len() - shape.len();
    let summed = |&axis: &usize| axis < new_axes || shape[axis - new_axes] != from[axis];
    let axes: Vec<isize> = (0..from.len()).filter(summed).map(|axis| axis as isize).collect();
    Var::constant(x.value().sum(&axes[..], true).reshape(*shape))
// exercise: end
