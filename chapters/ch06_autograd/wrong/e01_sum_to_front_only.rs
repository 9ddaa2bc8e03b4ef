// expect: the axes that were stretched from length 1 were not summed
// exercise: sum_to
    let axes: Vec<isize> = (0..(x.shape().len() - shape.len()) as isize).collect();
    x.sum(&axes[..], false)
// exercise: end
