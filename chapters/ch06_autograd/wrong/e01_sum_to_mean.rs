// expect: averaged instead of summed: every place where an element was read counts in full
// exercise: sum_to
    let from = x.shape();
    let new_axes = from.len() - shape.len();
    let summed = |&axis: &usize| axis < new_axes || shape[axis - new_axes] != from[axis];
    let axes: Vec<isize> = (0..from.len()).filter(summed).map(|axis| axis as isize).collect();
    if axes.is_empty() { x.clone() } else { x.mean(&axes[..], true).reshape(*shape) }
// exercise: end
