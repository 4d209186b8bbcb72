namespace Gantry.Converter;

/// <summary>Something a person can do something about: the message says what is wrong and what to do, in one line.</summary>
public sealed class ConverterException(string message, Exception? inner = null) : Exception(message, inner);
