// expect: gradient of a table in parts: the number of the part's first row was not subtracted
// exercise: backward
        let _ = first;
        if id < rows && Some(id) != padding {
            let row = &mut part[id as usize * size..][..size];
            row.iter_mut().zip(grad).for_each(|(sum, &g)| *sum += g);
        }
// exercise: end
