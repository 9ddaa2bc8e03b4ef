// expect: forward: columns of the table instead of rows
// exercise: forward
        table.clone().t().index_select(0, &ids)
// exercise: end
