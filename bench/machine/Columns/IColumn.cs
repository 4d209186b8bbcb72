namespace Gantry.Bench.Machine.Columns;

/// <summary>A place the benchmark program runs in.</summary>
internal interface IColumn
{
    /// <summary>Heading of the table's column.</summary>
    string Name { get; }

    /// <summary>Runs the program once and gives the result what it prints.</summary>
    void Run(Inputs inputs, Result result);
}
