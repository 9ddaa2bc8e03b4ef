// expect: visit: no layer was shown: nothing would be trained or saved
// exercise: visit
        let _ = visitor;
// exercise: end
