// expect: confusion: rows and columns are swapped: the row is the true class
// exercise: count
        confusion[predicted * classes + label] += 1;
        if predicted != label {
            mistakes.push(Wrong { index, label, predicted, probability: f64::from(row[predicted]) });
        }
// exercise: end
