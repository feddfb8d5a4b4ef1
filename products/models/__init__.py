from products.models.affinity import ProductPair, ProductSales, SalesMark
from products.models.catalogue import OwnAlternative, PriceChange, Product, Stock, StockSource
from products.models.imports import FeedFormat, FeedImport, ImportRun, RunStatus

__all__ = [
    "FeedFormat",
    "FeedImport",
    "ImportRun",
    "OwnAlternative",
    "PriceChange",
    "Product",
    "ProductPair",
    "ProductSales",
    "RunStatus",
    "SalesMark",
    "Stock",
    "StockSource",
]
